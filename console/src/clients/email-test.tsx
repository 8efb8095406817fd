import { Alert, Button, Group, Stack, TextInput } from '@mantine/core'
import type { FormEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask, onClient } from '../api/client.ts'
import { useMe } from '../app/me.ts'
import { useAct } from '../parts/act.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { useFormat } from '../parts/format.ts'
import { formText } from '../parts/given.ts'

/** Why a provider did not take a message: all codes of the server. */
const failures = [
  'authentication_failed',
  'connection_failed',
  'address_not_allowed',
  'timeout',
  'tls_failed',
  'rejected',
  'rate_limited',
  'provider_error',
] as const

/** A mail to an address of one's choice, and what the provider answered. */
export function SendTest({ uid, opened, onClose }: { uid: string; opened: boolean; onClose: () => void }) {
  const { t } = useTranslation()
  const { number } = useFormat()
  const me = useMe()
  const act = useAct({
    run: (to: string) => ask(api.POST('/api/v1/clients/email-config/test', { ...onClient(uid), body: { to } })),
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    act.mutate(formText(new FormData(event.currentTarget), 'to'))
  }
  const close = () => {
    act.reset()
    onClose()
  }
  const result = act.data?.data
  const failure = failures.find((one) => one === result?.error?.code)
  return (
    <Dialog opened={opened} onClose={close} title={t('email.test')}>
      <form onSubmit={submit}>
        <Stack>
          <TextInput
            name="to"
            type="email"
            label={t('email.to')}
            defaultValue={me?.user.email ?? ''}
            required
            withAsterisk={false}
            data-autofocus
          />
          {result ? (
            <Alert
              role="status"
              color={result.success ? 'teal' : 'red'}
              variant="light"
              title={result.success ? t('email.sent') : t('email.notSent')}
            >
              {result.success ? t('email.sentIn', { ms: number(result.duration_ms) }) : null}
              {failure ? t(`email.failure.${failure}`) : null}
              {result.error ? <pre className="payload">{result.error.message}</pre> : null}
              {result.provider_response ? <pre className="payload">{result.provider_response}</pre> : null}
            </Alert>
          ) : null}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {t('action.close')}
            </Button>
            <Button type="submit" loading={act.isPending}>
              {t('email.send')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  )
}
