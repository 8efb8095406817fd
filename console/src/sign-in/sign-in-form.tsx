import { Alert, Anchor, Button, Divider, PasswordInput, Stack, TextInput } from '@mantine/core'
import { IconFingerprint } from '@tabler/icons-react'
import type { FormEvent, ReactNode } from 'react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { askConsole } from '../api/client.ts'
import { Problem } from '../api/problem.ts'
import { signedIn } from '../app/session-channel.ts'
import { formText } from '../parts/given.ts'
import { getPasskey } from '../parts/passkey.ts'
import { useProblemText } from '../parts/problem-text.ts'
import { Frame } from './frame.tsx'

type Answer = { state: 'signed_in' } | { state: 'second_factor'; methods: string[] } | { state: 'refused' }

type Given = {
  /** The session is there; throws what keeps the page from going on with it. */
  onSignedIn: () => Promise<void>
  /** Who is about to sign in, where it is known. */
  username?: string
  /** Stands above the fields. */
  children?: ReactNode
  /** Stands below them. */
  below?: ReactNode
}

/** The sign-in in its frame: password, then the second factor where there is one. */
export function SignInForm({ onSignedIn, username = '', children, below }: Given) {
  const { t } = useTranslation()
  const tell = useProblemText()
  const [methods, setMethods] = useState<string[] | null>(null)
  const [error, setError] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)

  const attempt = async (work: () => Promise<Answer>) => {
    setBusy(true)
    setError(null)
    try {
      const answer = await work()
      if (answer.state === 'second_factor') setMethods(answer.methods)
      if (answer.state === 'refused') setError(t('problem.mfa_code_refused'))
      if (answer.state === 'signed_in') {
        signedIn()
        await onSignedIn()
      }
    } catch (failure) {
      setError(failure instanceof Problem ? tell(failure) : t('signIn.passkeyFailed'))
      if (failure instanceof Problem && failure.code === 'mfa_sign_in_ended') setMethods(null)
    } finally {
      setBusy(false)
    }
  }

  const byPassword = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const body = { username: form.get('username'), password: form.get('password') }
    void attempt(() => askConsole('POST', '', body))
  }
  const byCode = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const code = formText(new FormData(event.currentTarget), 'code').trim()
    void attempt(() => askConsole('POST', '/code', { code }))
  }
  const byPasskey = () =>
    void attempt(async () => {
      const { options } = await askConsole<{ options: Record<string, unknown> }>('POST', '/passkey/options')
      return askConsole('POST', '/passkey', { credential: await getPasskey(options) })
    })

  const problem = error ? (
    <Alert color="red" variant="light" role="alert">
      {error}
    </Alert>
  ) : null
  if (methods) {
    return (
      <Frame title={t('signIn.secondTitle')}>
        <Stack>
          {problem}
          {methods.includes('passkey') ? (
            <>
              <Button size="md" leftSection={<IconFingerprint size={20} />} onClick={byPasskey} loading={busy}>
                {t('signIn.usePasskey')}
              </Button>
              <Divider label={t('signIn.or')} />
            </>
          ) : null}
          <form onSubmit={byCode}>
            <Stack>
              <TextInput
                name="code"
                label={t('signIn.code')}
                description={t('signIn.codeHint')}
                autoComplete="one-time-code"
                required
                withAsterisk={false}
                autoFocus
              />
              <Button type="submit" variant={methods.includes('passkey') ? 'default' : 'filled'} loading={busy}>
                {t('signIn.submit')}
              </Button>
              <Anchor component="button" type="button" size="sm" onClick={() => setMethods(null)}>
                {t('signIn.again')}
              </Anchor>
            </Stack>
          </form>
        </Stack>
      </Frame>
    )
  }
  return (
    <Frame title={t('signIn.title')}>
      <form onSubmit={byPassword}>
        <Stack>
          {children}
          {problem}
          <TextInput
            name="username"
            type="email"
            label={t('signIn.email')}
            defaultValue={username}
            autoComplete="username"
            required
            withAsterisk={false}
            autoFocus={username === ''}
          />
          <PasswordInput
            name="password"
            label={t('signIn.password')}
            autoComplete="current-password"
            autoFocus={username !== ''}
            required
            withAsterisk={false}
            visibilityToggleButtonProps={{ 'aria-label': t('signIn.showPassword') }}
          />
          <Button type="submit" loading={busy}>
            {t('signIn.submit')}
          </Button>
          {below}
        </Stack>
      </form>
    </Frame>
  )
}
