import { Button, Group, Menu, MultiSelect, Stack, Text, TextInput } from '@mantine/core'
import { IconDots, IconMailPlus } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import type { FormEvent } from 'react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { useSearchState } from '../app/location.ts'
import { useMay, useMe } from '../app/me.ts'
import { useAct } from '../parts/act.tsx'
import { State, useConfirm } from '../parts/controls.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { useFormat } from '../parts/format.ts'
import { formText } from '../parts/given.ts'
import { Listing, NextPage } from '../parts/listing.tsx'
import { Page, Section } from '../parts/page.tsx'
import { Answer, Empty } from '../parts/states.tsx'
import { useRoleName } from './role-names.ts'

type User = {
  id: string
  email: string
  display_name: string
  roles: string[]
  status: string
  mfa_enabled: boolean
  created_at: string
}

export function Users() {
  const { t } = useTranslation()
  const called = useRoleName()
  const { date, list } = useFormat()
  const may = useMay()
  const [search] = useSearchState()
  const [inviting, setInviting] = useState(false)
  const [editing, setEditing] = useState<User | null>(null)
  const query = useQuery({
    queryKey: ['users', 'list', search.after],
    queryFn: () =>
      ask(
        api.GET('/api/v1/users', {
          params: { query: { limit: 50, ...(search.after ? { after: search.after } : {}) } },
        }),
      ),
    placeholderData: keepPreviousData,
  })
  const invite = may('user:create') ? (
    <Button leftSection={<IconMailPlus size={18} />} onClick={() => setInviting(true)}>
      {t('users.invite')}
    </Button>
  ) : null
  return (
    <Page title={t('users.title')} about={t('users.about')} actions={invite}>
      <Answer query={query}>
        {({ users, next_after }) => (
          <>
            <Listing
              label={t('users.title')}
              rows={users}
              keyOf={(one) => one.id}
              empty={<Empty title={t('users.none')} />}
              columns={[
                {
                  label: t('users.name'),
                  cell: (one) => (
                    <Stack gap={0}>
                      <Text fw={550} size="sm">
                        {one.display_name || one.email}
                      </Text>
                      <Text size="xs" c="dimmed">
                        {one.email}
                      </Text>
                    </Stack>
                  ),
                },
                { label: t('users.roles'), cell: (one) => list(one.roles.map(called)) || '—' },
                {
                  label: t('common.state'),
                  cell: (one) =>
                    one.status === 'active' ? (
                      <State tone="good">{t('common.active')}</State>
                    ) : (
                      <State tone="plain">{t('common.inactive')}</State>
                    ),
                },
                {
                  label: t('mfa.title'),
                  cell: (one) =>
                    one.mfa_enabled ? (
                      <State tone="good">{t('mfa.on')}</State>
                    ) : (
                      <State tone="waiting">{t('mfa.off')}</State>
                    ),
                },
                { label: t('common.created'), cell: (one) => date(one.created_at) },
                {
                  label: t('common.actions'),
                  cell: (one) => <UserActions user={one} onEdit={() => setEditing(one)} />,
                },
              ]}
            />
            <NextPage next={next_after} />
          </>
        )}
      </Answer>
      {may('user:create') ? <Invitations /> : null}
      <Invite opened={inviting} onClose={() => setInviting(false)} />
      {editing ? <EditUser user={editing} onClose={() => setEditing(null)} key={editing.id} /> : null}
    </Page>
  )
}

function UserActions({ user, onEdit }: { user: User; onEdit: () => void }) {
  const { t } = useTranslation()
  const may = useMay()
  const me = useMe()
  const confirm = useConfirm()
  const isActive = user.status === 'active'
  const name = user.display_name || user.email
  const change = useAct({
    run: () =>
      ask(
        api.PATCH('/api/v1/users/{user_id}', {
          params: { path: { user_id: user.id } },
          body: { status: isActive ? 'deactivated' : 'active' },
        }),
      ),
    done: t('common.saved'),
    refresh: [['users']],
  })
  const reset = useAct({
    run: () => ask(api.POST('/api/v1/users/{user_id}/mfa/reset', { params: { path: { user_id: user.id } } })),
    done: t('users.mfaReset'),
    refresh: [['users']],
  })
  if (!may('user:update') || me?.user.id === user.id) return null
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button size="compact-sm" variant="subtle" aria-label={t('users.actionsFor', { name })}>
          <IconDots size={18} />
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={onEdit}>{t('action.edit')}</Menu.Item>
        {user.mfa_enabled ? (
          <Menu.Item
            onClick={() =>
              confirm({
                title: t('users.resetMfa'),
                text: t('users.resetMfaText', { name }),
                action: t('users.resetMfa'),
                run: () => reset.mutate(),
              })
            }
          >
            {t('users.resetMfa')}
          </Menu.Item>
        ) : null}
        <Menu.Item
          {...(isActive ? { c: 'var(--mantine-color-error)' } : {})}
          onClick={() =>
            isActive
              ? confirm({
                  title: t('users.deactivateTitle', { name }),
                  text: t('users.deactivateText'),
                  action: t('clients.deactivate'),
                  run: () => change.mutate(),
                })
              : change.mutate()
          }
        >
          {isActive ? t('clients.deactivate') : t('clients.activate')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}

function useRoleNames(): string[] {
  const may = useMay()
  const { data } = useQuery({
    queryKey: ['roles'],
    queryFn: () => ask(api.GET('/api/v1/roles')),
    enabled: may('role:view'),
  })
  return data?.roles.map((one) => one.name) ?? ['viewer', 'operator', 'approver', 'auditor', 'admin']
}

function EditUser({ user, onClose }: { user: User; onClose: () => void }) {
  const { t } = useTranslation()
  const called = useRoleName()
  const names = useRoleNames()
  const [roles, setRoles] = useState(user.roles)
  const act = useAct({
    run: (display_name: string) =>
      ask(
        api.PATCH('/api/v1/users/{user_id}', { params: { path: { user_id: user.id } }, body: { display_name, roles } }),
      ),
    done: t('common.saved'),
    refresh: [['users']],
    onDone: onClose,
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    act.mutate(formText(new FormData(event.currentTarget), 'name').trim())
  }
  return (
    <Dialog opened onClose={onClose} title={user.email}>
      <form onSubmit={submit}>
        <Stack>
          <TextInput
            name="name"
            label={t('users.name')}
            defaultValue={user.display_name}
            required
            maxLength={255}
            data-autofocus
          />
          <MultiSelect
            label={t('users.roles')}
            data={names.map((one) => ({ value: one, label: called(one) }))}
            value={roles}
            onChange={setRoles}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t('action.cancel')}
            </Button>
            <Button type="submit" loading={act.isPending}>
              {t('action.save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  )
}

function Invite({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation()
  const called = useRoleName()
  const names = useRoleNames()
  const [roles, setRoles] = useState<string[]>(['viewer'])
  const act = useAct({
    run: (email: string) => ask(api.POST('/api/v1/users/invitations', { body: { email, roles } })),
    done: t('users.invited'),
    refresh: [['invitations']],
    onDone: onClose,
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    act.mutate(formText(new FormData(event.currentTarget), 'email').trim())
  }
  return (
    <Dialog opened={opened} onClose={onClose} title={t('users.invite')}>
      <form onSubmit={submit}>
        <Stack>
          <Text size="sm">{t('users.inviteText')}</Text>
          <TextInput name="email" type="email" label={t('signIn.email')} required data-autofocus />
          <MultiSelect
            label={t('users.roles')}
            data={names.map((one) => ({ value: one, label: called(one) }))}
            value={roles}
            onChange={setRoles}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t('action.cancel')}
            </Button>
            <Button type="submit" loading={act.isPending} disabled={roles.length === 0}>
              {t('users.sendInvitation')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  )
}

function Invitations() {
  const { t } = useTranslation()
  const called = useRoleName()
  const { moment, list } = useFormat()
  const confirm = useConfirm()
  const query = useQuery({ queryKey: ['invitations'], queryFn: () => ask(api.GET('/api/v1/users/invitations')) })
  const revoke = useAct({
    run: (invitation_id: string) =>
      ask(api.DELETE('/api/v1/users/invitations/{invitation_id}', { params: { path: { invitation_id } } })),
    done: t('users.invitationRevoked'),
    refresh: [['invitations']],
  })
  return (
    <Section title={t('users.invitations')} about={t('users.invitationsAbout')}>
      <Answer query={query} rows={2}>
        {({ invitations }) => (
          <Listing
            label={t('users.invitations')}
            rows={invitations}
            keyOf={(one) => one.id}
            empty={<Empty title={t('users.noInvitations')} />}
            columns={[
              { label: t('signIn.email'), cell: (one) => one.email },
              { label: t('users.roles'), cell: (one) => list(one.roles.map(called)) },
              { label: t('users.expires'), cell: (one) => moment(one.expires_at) },
              {
                label: t('common.actions'),
                cell: (one) => (
                  <Button
                    size="compact-sm"
                    variant="subtle"
                    color="red"
                    onClick={() =>
                      confirm({
                        title: t('users.revokeTitle'),
                        text: t('users.revokeText', { email: one.email }),
                        action: t('users.revoke'),
                        run: () => revoke.mutate(one.id),
                      })
                    }
                  >
                    {t('users.revoke')}
                  </Button>
                ),
              },
            ]}
          />
        )}
      </Answer>
    </Section>
  )
}
