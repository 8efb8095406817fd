import { Button, Group, getDefaultZIndex, Stack, Text, TextInput } from '@mantine/core'
import { IconFingerprint } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import type { FormEvent } from 'react'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { Problem } from '../api/problem.ts'
import { useMe } from '../app/me.ts'
import { Dialog } from './dialog.tsx'
import { getPasskey } from './passkey.ts'
import { useProblemText } from './problem-text.ts'
import { offerStepUp } from './step-up-channel.ts'

/** Asks for the second factor again where the server wants a recent proof; what was asked for then goes on. */
export function StepUp() {
  const { t } = useTranslation()
  const me = useMe()
  const tell = useProblemText()
  const [asked, setAsked] = useState<{ settle: (proven: boolean) => void } | null>(null)
  const [code, setCode] = useState('')
  const [error, setError] = useState<string | null>(null)
  const methods = useQuery({
    queryKey: ['mfa-methods'],
    queryFn: () => ask(api.GET('/api/v1/mfa/methods')),
    enabled: asked !== null,
  })
  useEffect(() => offerStepUp((one) => setAsked(one)), [])

  const end = (proven: boolean) => {
    asked?.settle(proven)
    setAsked(null)
    setCode('')
    setError(null)
  }
  const attempt = async (work: () => Promise<boolean>) => {
    try {
      if (await work()) end(true)
      else setError(t('problem.mfa_code_refused'))
    } catch (failure) {
      setError(failure instanceof Problem ? tell(failure) : t('signIn.passkeyFailed'))
    }
  }
  const byCode = (event: FormEvent) => {
    event.preventDefault()
    // Authenticators show six digits in two groups.
    const given = code.replaceAll(/\s/g, '')
    const method = /^\d{6}$/.test(given) ? ('totp' as const) : ('backup_code' as const)
    const body = { user_id: me?.user.id ?? '', code: given, method }
    void attempt(async () => (await ask(api.POST('/api/v1/mfa/verify', { body }))).success)
  }
  const byPasskey = () =>
    void attempt(async () => {
      const { options } = await ask(api.POST('/api/v1/mfa/passkeys/authentication/options', { body: {} }))
      const credential = await getPasskey(options ?? {})
      return (await ask(api.POST('/api/v1/mfa/passkeys/authentication/verify', { body: { credential } }))).success
    })
  const hasPasskey = methods.data?.methods.some((one) => one.type === 'passkey') ?? false
  // What asks for it may be a dialog itself, which stands later on the page than this one.
  const above = getDefaultZIndex('modal') + 50
  return (
    <Dialog opened={asked !== null} onClose={() => end(false)} title={t('stepUp.title')} zIndex={above}>
      <form onSubmit={byCode}>
        <Stack>
          <Text size="sm">{t('stepUp.why')}</Text>
          <TextInput
            label={t('signIn.code')}
            description={t('signIn.codeHint')}
            autoComplete="one-time-code"
            value={code}
            onChange={(event) => setCode(event.currentTarget.value)}
            error={error}
            data-autofocus
          />
          <Group justify="space-between">
            {hasPasskey ? (
              <Button variant="default" leftSection={<IconFingerprint size={18} />} onClick={byPasskey}>
                {t('signIn.usePasskey')}
              </Button>
            ) : (
              <span />
            )}
            <Button type="submit" disabled={code.trim() === ''}>
              {t('action.confirm')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  )
}
