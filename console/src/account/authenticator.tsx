import { Button, Code, Group, Image, Stack, Text, TextInput } from '@mantine/core'
import type { FormEvent } from 'react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { useAct, useFieldError } from '../parts/act.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { FormEnd } from '../parts/form-end.tsx'
import { formText } from '../parts/given.ts'

const changed = [['mfa-methods'], ['me']] as const

type SetUp = { secret: string; qr_code: string; backup_codes: string[] }

/** The QR code, and a first code as the proof that it works. */
export function SetUpTotp({
  given,
  onClose,
  onCodes,
}: {
  given: SetUp | null
  onClose: () => void
  onCodes: (codes: string[]) => void
}) {
  const { t } = useTranslation()
  const act = useAct({
    run: (code: string) => ask(api.POST('/api/v1/mfa/totp/activate', { body: { code } })),
    done: t('mfa.totpOn'),
    silent: true,
    refresh: changed,
    onDone: () => {
      const codes = given?.backup_codes ?? []
      onClose()
      if (codes.length > 0) onCodes(codes)
    },
  })
  const wrong = useFieldError(act.error)
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    act.mutate(formText(new FormData(event.currentTarget), 'code').trim())
  }
  return (
    <Dialog opened={given !== null} onClose={onClose} title={t('mfa.setUp')} closeOnClickOutside={false}>
      <form onSubmit={submit}>
        <Stack>
          <Text size="sm">{t('mfa.scan')}</Text>
          <Group justify="center">
            <Image src={given?.qr_code} alt={t('mfa.qrCode')} w={200} h={200} />
          </Group>
          <Text size="sm" component="div">
            {t('mfa.byHand')} <Code data-secret>{given?.secret}</Code>
          </Text>
          <TextInput
            name="code"
            label={t('mfa.firstCode')}
            inputMode="numeric"
            autoComplete="one-time-code"
            required
            withAsterisk={false}
            error={wrong}
            data-autofocus
          />
          <FormEnd onCancel={onClose} isPending={act.isPending}>
            {t('mfa.turnOn')}
          </FormEnd>
        </Stack>
      </form>
    </Dialog>
  )
}

/** Asks for a code once more. */
export function DisableTotp() {
  const { t } = useTranslation()
  const [opened, setOpened] = useState(false)
  const act = useAct({
    run: (code: string) => ask(api.POST('/api/v1/mfa/totp/disable', { body: { code } })),
    done: t('mfa.totpOff'),
    silent: true,
    refresh: changed,
    onDone: () => setOpened(false),
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    act.mutate(formText(new FormData(event.currentTarget), 'code').trim())
  }
  const wrong = useFieldError(act.error)
  return (
    <>
      <Button variant="default" c="var(--mantine-color-error)" onClick={() => setOpened(true)}>
        {t('mfa.turnOff')}
      </Button>
      <Dialog opened={opened} onClose={() => setOpened(false)} title={t('mfa.turnOff')}>
        <form onSubmit={submit}>
          <Stack>
            <Text size="sm">{t('mfa.turnOffText')}</Text>
            <TextInput
              name="code"
              label={t('signIn.code')}
              description={t('signIn.codeHint')}
              autoComplete="one-time-code"
              required
              withAsterisk={false}
              error={wrong}
              data-autofocus
            />
            <Button type="submit" color="red" loading={act.isPending}>
              {t('mfa.turnOff')}
            </Button>
          </Stack>
        </form>
      </Dialog>
    </>
  )
}
