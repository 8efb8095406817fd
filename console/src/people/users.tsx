import { Button, Menu, Stack, Text } from '@mantine/core'
import { IconDots, IconMailPlus } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { useSearchState } from '../app/location.ts'
import { personalDataNeeds, useMay, useMe, useMeets } from '../app/me.ts'
import { useAct } from '../parts/act.tsx'
import { State, useConfirm } from '../parts/controls.tsx'
import { FilterField, Filters } from '../parts/filters.tsx'
import { useFormat } from '../parts/format.ts'
import { Listing, NextPage } from '../parts/listing.tsx'
import { Page } from '../parts/page.tsx'
import { Answer, Empty, NoneFits } from '../parts/states.tsx'
import { Invitations } from './invitations.tsx'
import { useRoleName } from './role-names.ts'
import type { User } from './user-dialogs.tsx'
import { EditUser, Invite } from './user-dialogs.tsx'

export function Users() {
  const { t } = useTranslation()
  const called = useRoleName()
  const { dayOf, list } = useFormat()
  const may = useMay()
  const [search] = useSearchState()
  const [inviting, setInviting] = useState(false)
  const [editing, setEditing] = useState<User | null>(null)
  const query = useQuery({
    queryKey: ['users', 'list', search.search, search.after],
    queryFn: () =>
      ask(
        api.GET('/api/v1/users', {
          params: {
            query: {
              limit: 50,
              ...(search.search ? { search: search.search } : {}),
              ...(search.after ? { after: search.after } : {}),
            },
          },
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
      <Filters names={['search']}>
        <FilterField name="search" label={t('users.search')} />
      </Filters>
      <Answer query={query}>
        {({ users, next_after }) => (
          <>
            <Listing
              label={t('users.title')}
              rows={users}
              keyOf={(one) => one.id}
              empty={search.search ? <NoneFits /> : <Empty title={t('users.none')} />}
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
                { label: t('common.created'), cell: (one) => dayOf(one.created_at) },
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
  const mayChange = may('user:update') && me?.user.id !== user.id
  const mayAnswer = useMeets()(personalDataNeeds)
  if (!mayChange && !mayAnswer) return null
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button size="compact-sm" variant="subtle" aria-label={t('users.actionsFor', { name })}>
          <IconDots size={18} />
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {mayChange ? <Menu.Item onClick={onEdit}>{t('action.edit')}</Menu.Item> : null}
        {mayAnswer ? (
          <Menu.Item component={Link} to={`/personal-data/users/${user.id}`}>
            {t('nav.personalData')}
          </Menu.Item>
        ) : null}
        {mayChange && user.mfa_enabled ? (
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
        {mayChange ? (
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
        ) : null}
      </Menu.Dropdown>
    </Menu>
  )
}
