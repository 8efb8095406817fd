/** Pages that links in e-mails lead to, and the one that asks for such a link. The token stands behind the #: no log sees it. */

import { Alert, Anchor, Button, PasswordInput, Stack, Text, TextInput } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { FormEvent, ReactNode } from 'react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { formText } from '../parts/given.ts'
import { useProblemText } from '../parts/problem-text.ts'
import { Frame } from './frame.tsx'

const token = () => new URLSearchParams(location.hash.slice(1)).get('token') ?? ''

type Given = {
  title: string
  submit: string
  done: string
  /** What is done is no success. */
  isBad?: boolean
  send: (form: FormData) => Promise<unknown>
  check?: (form: FormData) => string | null
  children: ReactNode
}

function LinkForm({ title, submit, done, isBad, send, check, children }: Given) {
  const { t } = useTranslation()
  const tell = useProblemText()
  const [error, setError] = useState<string | null>(null)
  const [state, setState] = useState<'open' | 'busy' | 'done'>('open')
  const onSubmit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const wrong = check?.(form) ?? null
    setError(wrong)
    if (wrong) return
    setState('busy')
    try {
      await send(form)
      setState('done')
    } catch (failure) {
      setError(tell(failure))
      setState('open')
    }
  }
  const back = (
    <Text size="sm" ta="center">
      <Anchor component={Link} to="/sign-in">
        {t('signIn.toSignIn')}
      </Anchor>
    </Text>
  )
  if (state === 'done') {
    return (
      <Frame title={title}>
        <Stack>
          <Alert color={isBad ? 'yellow' : 'teal'} variant="light" role="status">
            {done}
          </Alert>
          {back}
        </Stack>
      </Frame>
    )
  }
  return (
    <Frame title={title}>
      <form onSubmit={(event) => void onSubmit(event)}>
        <Stack>
          {error ? (
            <Alert color="red" variant="light" role="alert">
              {error}
            </Alert>
          ) : null}
          {children}
          <Button type="submit" loading={state === 'busy'}>
            {submit}
          </Button>
          {back}
        </Stack>
      </form>
    </Frame>
  )
}

function NewPassword() {
  const { t } = useTranslation()
  const toggle = { 'aria-label': t('signIn.showPassword') }
  return (
    <>
      <PasswordInput
        name="password"
        label={t('signIn.newPassword')}
        description={t('signIn.passwordHint')}
        autoComplete="new-password"
        required
        withAsterisk={false}
        minLength={12}
        visibilityToggleButtonProps={toggle}
      />
      <PasswordInput
        name="repeated"
        label={t('signIn.repeat')}
        autoComplete="new-password"
        required
        withAsterisk={false}
        visibilityToggleButtonProps={toggle}
      />
    </>
  )
}

const field = (form: FormData, name: string) => formText(form, name)

function useSame() {
  const { t } = useTranslation()
  return (form: FormData) => (field(form, 'password') === field(form, 'repeated') ? null : t('signIn.notSame'))
}

export function ForgotPassword() {
  const { t } = useTranslation()
  const [canSend, setCanSend] = useState(true)
  const send = async (form: FormData) => {
    const body = { username: field(form, 'username') }
    setCanSend((await ask(api.POST('/api/v1/auth/password/forgot', { body }))).mail_configured)
  }
  return (
    <LinkForm
      title={t('signIn.forgotTitle')}
      submit={t('signIn.sendLink')}
      done={canSend ? t('signIn.linkSent') : t('signIn.noMail')}
      isBad={!canSend}
      send={send}
    >
      <Text size="sm">{t('signIn.forgotText')}</Text>
      <TextInput
        name="username"
        type="email"
        label={t('signIn.email')}
        autoComplete="username"
        required
        withAsterisk={false}
        autoFocus
      />
    </LinkForm>
  )
}

export function ResetPassword() {
  const { t } = useTranslation()
  const send = (form: FormData) =>
    ask(api.POST('/api/v1/auth/password/reset', { body: { token: token(), password: field(form, 'password') } }))
  return (
    <LinkForm
      title={t('signIn.resetTitle')}
      submit={t('signIn.setPassword')}
      done={t('signIn.passwordSet')}
      send={send}
      check={useSame()}
    >
      <NewPassword />
    </LinkForm>
  )
}

export function AcceptInvitation() {
  const { t } = useTranslation()
  const send = (form: FormData) =>
    ask(
      api.POST('/api/v1/auth/invitations/accept', {
        body: { token: token(), password: field(form, 'password'), display_name: field(form, 'name') },
      }),
    )
  return (
    <LinkForm
      title={t('signIn.invitedTitle')}
      submit={t('signIn.accept')}
      done={t('signIn.accepted')}
      send={send}
      check={useSame()}
    >
      <Text size="sm">{t('signIn.invitedText')}</Text>
      <TextInput name="name" label={t('signIn.yourName')} autoComplete="name" required withAsterisk={false} autoFocus />
      <NewPassword />
    </LinkForm>
  )
}
