import { MultiSelect, Stack, Text, TextInput } from '@mantine/core'
import type { FormEvent } from 'react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { useMay } from '../app/me.ts'
import { useAct } from '../parts/act.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { FormEnd } from '../parts/form-end.tsx'
import { formText } from '../parts/given.ts'
import { useRoleNames } from './role-list.ts'
import { useRoleName } from './role-names.ts'

export type User = {
  id: string
  email: string
  display_name: string
  roles: string[]
  status: string
  mfa_enabled: boolean
  created_at: string
}

/** Name, address and roles of one. */
export function EditUser({ user, onClose }: { user: User; onClose: () => void }) {
  const { t } = useTranslation()
  const called = useRoleName()
  const names = useRoleNames()
  const mayReaddress = useMay()('user:reset-password')
  const [roles, setRoles] = useState(user.roles)
  const act = useAct({
    run: ({ display_name, email }: { display_name: string; email: string }) =>
      ask(
        api.PATCH('/api/v1/users/{user_id}', {
          params: { path: { user_id: user.id } },
          // Another address asks for a second factor: not where it stays as it is.
          body: { display_name, roles, ...(email === user.email ? {} : { email }) },
        }),
      ),
    done: t('common.saved'),
    refresh: [['users']],
    onDone: onClose,
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const email = mayReaddress ? formText(form, 'email').trim() : user.email
    act.mutate({ display_name: formText(form, 'name').trim(), email })
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
          {mayReaddress ? (
            <TextInput
              name="email"
              type="email"
              label={t('signIn.email')}
              description={t('users.emailText')}
              defaultValue={user.email}
              required
              maxLength={254}
            />
          ) : null}
          <MultiSelect
            label={t('users.roles')}
            data={names.map((one) => ({ value: one, label: called(one) }))}
            value={roles}
            onChange={setRoles}
          />
          <FormEnd onCancel={onClose} isPending={act.isPending}>
            {t('action.save')}
          </FormEnd>
        </Stack>
      </form>
    </Dialog>
  )
}

/** A mail to somebody who then chooses a password. */
export function Invite({ opened, onClose }: { opened: boolean; onClose: () => void }) {
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
          <FormEnd onCancel={onClose} isPending={act.isPending} isDisabled={roles.length === 0}>
            {t('users.sendInvitation')}
          </FormEnd>
        </Stack>
      </form>
    </Dialog>
  )
}
