/** Pages that links in e-mails lead to, and the one that asks for such a link. The token stands behind the #: no log sees it. */

import { Alert, Anchor, Button, PasswordInput, Stack, Text, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { FormEvent, ReactNode } from 'react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { Problem } from '../api/problem.ts'
import type { Paths } from '../api/schema.ts'
import { formText } from '../parts/given.ts'
import { useProblemText } from '../parts/problem-text.ts'
import { Failure, Loading } from '../parts/states.tsx'
import { Frame } from './frame.tsx'
import { signInAs } from './sign-in.tsx'

const token = () => new URLSearchParams(location.hash.slice(1)).get('token') ?? ''

type Given = {
  title: string
  submit: string
  done: string
  /** What is done is no success. */
  isBad?: boolean
  /** @returns who can sign in then; null: nobody yet */
  send: (form: FormData) => Promise<string | null>
  /** What stands in the place of all when the link is good for nothing any more. */
  spent?: ReactNode
  check?: (form: FormData) => string | null
  children: ReactNode
}

function LinkForm({ title, submit, done, isBad, send, spent, check, children }: Given) {
  const { t } = useTranslation()
  const tell = useProblemText()
  const [error, setError] = useState<string | null>(null)
  const [state, setState] = useState<'open' | 'busy' | 'done' | 'spent'>('open')
  const [username, setUsername] = useState<string | null>(null)
  const onSubmit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const wrong = check?.(form) ?? null
    setError(wrong)
    if (wrong) return
    setState('busy')
    try {
      setUsername(await send(form))
      setState('done')
    } catch (failure) {
      setError(tell(failure))
      setState(isSpent(failure) ? 'spent' : 'open')
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
          {username === null ? (
            back
          ) : (
            <Button component={Link} to="/sign-in" state={signInAs(username)}>
              {t('signIn.submit')}
            </Button>
          )}
        </Stack>
      </Frame>
    )
  }
  if (state === 'spent' && spent) return spent
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

const isSpent = (error: unknown) => error instanceof Problem && error.code === 'one_time_link_invalid'

type Viewed = Paths['/api/v1/auth/links/view']['post']['responses'][200]['content']['application/json']

/** What the link is good for, before anybody types anything. */
function Linked({
  title,
  spent,
  children,
}: {
  title: string
  spent: ReactNode
  children: (link: Viewed) => ReactNode
}) {
  const query = useQuery({
    queryKey: ['link', token()],
    queryFn: () => ask(api.POST('/api/v1/auth/links/view', { body: { token: token() } })),
    retry: false,
    // Looked at once: after it was used it would be spent.
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
  })
  if (query.data) return children(query.data)
  if (isSpent(query.error) || token() === '') return spent
  return (
    <Frame title={title}>
      {query.error ? <Failure error={query.error} retry={() => void query.refetch()} /> : <Loading rows={3} />}
    </Frame>
  )
}

/** The link is good for nothing any more, and what to do instead. */
function Spent({ title, text, children }: { title: string; text: string; children: ReactNode }) {
  return (
    <Frame title={title}>
      <Stack>
        <Alert color="yellow" variant="light" role="alert">
          {text}
        </Alert>
        {children}
      </Stack>
    </Frame>
  )
}

export function ForgotPassword() {
  const { t } = useTranslation()
  const [canSend, setCanSend] = useState(true)
  const send = async (form: FormData) => {
    const body = { username: field(form, 'username') }
    setCanSend((await ask(api.POST('/api/v1/auth/password/forgot', { body }))).mail_configured)
    return null
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
  const check = useSame()
  const send = async (form: FormData) => {
    const body = { token: token(), password: field(form, 'password') }
    return (await ask(api.POST('/api/v1/auth/password/reset', { body }))).email
  }
  const spent = (
    <Spent title={t('signIn.resetTitle')} text={t('signIn.linkSpent')}>
      <Button component={Link} to="/forgot-password">
        {t('signIn.askAgain')}
      </Button>
      <Anchor component={Link} to="/sign-in" size="sm" ta="center">
        {t('signIn.toSignIn')}
      </Anchor>
    </Spent>
  )
  return (
    <Linked title={t('signIn.resetTitle')} spent={spent}>
      {({ email, tenant_name: company }) => (
        <LinkForm
          title={t('signIn.resetTitle')}
          submit={t('signIn.setPassword')}
          done={t('signIn.passwordSet')}
          {...{ send, spent, check }}
        >
          <Text size="sm">{t('signIn.resetFor', { email, company })}</Text>
          <NewPassword />
        </LinkForm>
      )}
    </Linked>
  )
}

export function AcceptInvitation() {
  const { t } = useTranslation()
  const check = useSame()
  const send = async (form: FormData) => {
    const body = { token: token(), password: field(form, 'password'), display_name: field(form, 'name') }
    return (await ask(api.POST('/api/v1/auth/invitations/accept', { body }))).email
  }
  const spent = (
    <Spent title={t('signIn.invitedTitle')} text={t('signIn.invitationSpent')}>
      <Text size="sm">{t('signIn.invitationAsk')}</Text>
      <Button component={Link} to="/sign-in" variant="default">
        {t('signIn.toSignIn')}
      </Button>
    </Spent>
  )
  return (
    <Linked title={t('signIn.invitedTitle')} spent={spent}>
      {({ email, tenant_name: company, invited_by: who }) => (
        <LinkForm
          title={t('signIn.invitedTo', { company })}
          submit={t('signIn.accept')}
          done={t('signIn.accepted')}
          {...{ send, spent, check }}
        >
          <Text size="sm">
            {who === null ? t('signIn.invitedAs', { email, company }) : t('signIn.invitedBy', { who, email, company })}{' '}
            {t('signIn.invitedText')}
          </Text>
          <TextInput
            name="name"
            label={t('signIn.yourName')}
            autoComplete="name"
            required
            withAsterisk={false}
            autoFocus
          />
          <NewPassword />
        </LinkForm>
      )}
    </Linked>
  )
}
