import { Badge, Button, Checkbox, Group, SimpleGrid, Stack, Text, TextInput } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import type { FormEvent } from 'react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { useMay } from '../app/me.ts'
import { useAct } from '../parts/act.tsx'
import { EndButton } from '../parts/controls.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { useFormat } from '../parts/format.ts'
import { formText } from '../parts/given.ts'
import { Listing } from '../parts/listing.tsx'
import { Page } from '../parts/page.tsx'
import { Answer, Empty } from '../parts/states.tsx'
import { builtInRoles, useRoleName } from './role-names.ts'

type Role = { name: string; description: string; permissions: string[]; built_in: boolean }

export function Roles() {
  const { t } = useTranslation()
  const { number } = useFormat()
  const may = useMay()
  const [edited, setEdited] = useState<Role | null>(null)
  const query = useQuery({ queryKey: ['roles'], queryFn: () => ask(api.GET('/api/v1/roles')) })
  const remove = useAct({
    run: (role_name: string) => ask(api.DELETE('/api/v1/roles/{role_name}', { params: { path: { role_name } } })),
    done: t('roles.removed'),
    refresh: [['roles']],
  })
  const manages = may('role:manage')
  const create = manages ? (
    <Button
      leftSection={<IconPlus size={18} />}
      onClick={() => setEdited({ name: '', description: '', permissions: [], built_in: false })}
    >
      {t('roles.create')}
    </Button>
  ) : null
  const called = useRoleName()
  const describe = (role: Role) =>
    role.built_in
      ? t(`roles.builtIn.${builtInRoles.find((one) => one === role.name) ?? 'viewer'}`)
      : role.description || '—'
  return (
    <Page title={t('roles.title')} about={t('roles.about')} actions={create}>
      <Answer query={query}>
        {({ roles, permissions }) => (
          <>
            <Listing
              label={t('roles.title')}
              rows={roles}
              keyOf={(one) => one.name}
              empty={<Empty title={t('roles.none')} />}
              columns={[
                {
                  label: t('roles.name'),
                  cell: (one) => (
                    <Group gap="xs">
                      <Text fw={550} size="sm">
                        {called(one.name)}
                      </Text>
                      {one.built_in ? (
                        <Badge size="sm" variant="default" tt="none">
                          {t('roles.isBuiltIn')}
                        </Badge>
                      ) : null}
                    </Group>
                  ),
                },
                { label: t('common.description'), cell: describe },
                {
                  label: t('roles.permissions'),
                  cell: (one) => (one.permissions.includes('*') ? t('common.all') : number(one.permissions.length)),
                  atEnd: true,
                },
                {
                  label: t('common.actions'),
                  cell: (one) => (
                    <Group gap={4}>
                      <Button
                        size="compact-sm"
                        variant="subtle"
                        onClick={() => setEdited(one)}
                        aria-label={`${one.built_in || !manages ? t('action.show') : t('action.edit')}: ${called(one.name)}`}
                      >
                        {one.built_in || !manages ? t('action.show') : t('action.edit')}
                      </Button>
                      {manages && !one.built_in ? (
                        <EndButton
                          label={t('action.delete')}
                          title={t('roles.removeTitle', { name: one.name })}
                          text={t('roles.removeText')}
                          run={() => remove.mutate(one.name)}
                        />
                      ) : null}
                    </Group>
                  ),
                },
              ]}
            />
            {edited ? (
              <RoleForm
                key={edited.name}
                role={edited}
                all={permissions}
                readOnly={edited.built_in || !manages}
                onClose={() => setEdited(null)}
              />
            ) : null}
          </>
        )}
      </Answer>
    </Page>
  )
}

type Given = { role: Role; all: readonly string[]; readOnly: boolean; onClose: () => void }

function RoleForm({ role, all, readOnly, onClose }: Given) {
  const { t } = useTranslation()
  const isNew = role.name === ''
  const called = useRoleName()
  const allows = usePermissionTexts()
  const [held, setHeld] = useState(new Set(role.permissions))
  const act = useAct({
    run: ({ name, description }: { name: string; description: string }) => {
      const permissions = [...held]
      return isNew
        ? ask(api.POST('/api/v1/roles', { body: { name, description, permissions } }))
        : ask(
            api.PATCH('/api/v1/roles/{role_name}', {
              params: { path: { role_name: role.name } },
              body: { description, permissions },
            }),
          )
    },
    done: t('common.saved'),
    refresh: [['roles'], ['me']],
    onDone: onClose,
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    act.mutate({ name: formText(form, 'name') || role.name, description: formText(form, 'description') })
  }
  const subjects = [...new Set(all.map((one) => one.split(':')[0] ?? ''))]
  const toggle = (name: string) => {
    const next = new Set(held)
    if (!next.delete(name)) next.add(name)
    setHeld(next)
  }
  return (
    <Dialog opened onClose={onClose} title={isNew ? t('roles.create') : called(role.name)} size="xl">
      <form onSubmit={submit}>
        <Stack>
          {isNew ? (
            <TextInput
              name="name"
              label={t('roles.name')}
              description={t('roles.nameHint')}
              required
              maxLength={64}
              pattern="[a-z][a-z0-9_\-]*"
              data-autofocus
            />
          ) : null}
          {readOnly ? null : (
            <TextInput
              name="description"
              label={t('common.description')}
              defaultValue={role.description}
              maxLength={500}
            />
          )}
          <SimpleGrid cols={{ base: 1, sm: 2 }}>
            {subjects.map((subject) => (
              <Checkbox.Group
                key={subject}
                label={
                  <Text size="sm" fw={600} span>
                    {allows.subject(subject)}
                  </Text>
                }
                value={all.filter((one) => held.has(one) || held.has('*'))}
                readOnly={readOnly}
              >
                <Stack gap={6} mt={6}>
                  {all
                    .filter((one) => one.startsWith(`${subject}:`))
                    .map((one) => (
                      <Checkbox
                        key={one}
                        value={one}
                        label={allows.permission(one)}
                        title={one}
                        disabled={readOnly}
                        onChange={() => toggle(one)}
                      />
                    ))}
                </Stack>
              </Checkbox.Group>
            ))}
          </SimpleGrid>
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {readOnly ? t('action.close') : t('action.cancel')}
            </Button>
            {readOnly ? null : (
              <Button type="submit" loading={act.isPending}>
                {t('action.save')}
              </Button>
            )}
          </Group>
        </Stack>
      </form>
    </Dialog>
  )
}

/** What a permission allows; one that has no text here is called by its name. */
function usePermissionTexts() {
  const { t, i18n } = useTranslation()
  const keyOf = (kind: 'subject' | 'permission', name: string) => `${kind}.${name.replace(/[:-]/g, '_')}`
  const text = (key: string, name: string) => (i18n.exists(key) ? t(key as 'permission.client_view') : name)
  return {
    subject: (name: string) => text(keyOf('subject', name), name),
    permission: (name: string) => text(keyOf('permission', name), name),
  }
}
