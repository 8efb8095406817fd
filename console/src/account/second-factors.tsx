import { Alert, Button, Code, CopyButton, Group, SimpleGrid, Stack, Text, TextInput } from '@mantine/core'
import { IconDeviceMobile, IconFingerprint } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import type { FormEvent } from 'react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { useAct } from '../parts/act.tsx'
import { EndButton, State, useConfirm } from '../parts/controls.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { useFormat } from '../parts/format.ts'
import { formText } from '../parts/given.ts'
import { Listing } from '../parts/listing.tsx'
import { Section } from '../parts/page.tsx'
import { createPasskey } from '../parts/passkey.ts'
import { Answer } from '../parts/states.tsx'
import { DisableTotp, SetUpTotp } from './authenticator.tsx'

const changed = [['mfa-methods'], ['me']] as const

/** Authenticator, passkeys and backup codes of the signed-in user. */
export function SecondFactors() {
  const { t } = useTranslation()
  const { moment, number } = useFormat()
  const confirm = useConfirm()
  const [codes, setCodes] = useState<string[] | null>(null)
  const [setUp, setSetUp] = useState<{ secret: string; qr_code: string; backup_codes: string[] } | null>(null)
  const [naming, setNaming] = useState(false)
  const query = useQuery({ queryKey: ['mfa-methods'], queryFn: () => ask(api.GET('/api/v1/mfa/methods')) })
  const begin = useAct({ run: () => ask(api.POST('/api/v1/mfa/totp/setup')), onDone: setSetUp })
  const renew = useAct({
    run: () => ask(api.POST('/api/v1/mfa/backup-codes', { body: {} })),
    refresh: changed,
    onDone: ({ backup_codes }) => setCodes(backup_codes),
  })
  const remove = useAct({
    run: (passkey_id: string) =>
      ask(api.DELETE('/api/v1/mfa/passkeys/{passkey_id}', { params: { path: { passkey_id } } })),
    done: t('mfa.passkeyRemoved'),
    refresh: changed,
  })
  const register = useAct({
    run: async (name: string) => {
      const { options } = await ask(api.POST('/api/v1/mfa/passkeys/registration/options'))
      const credential = await createPasskey(options ?? {})
      return ask(api.POST('/api/v1/mfa/passkeys/registration/verify', { body: { name, credential } }))
    },
    done: t('mfa.passkeyAdded'),
    refresh: changed,
    onDone: ({ backup_codes }) => {
      setNaming(false)
      if (backup_codes.length > 0) setCodes(backup_codes)
    },
  })
  const methods = query.data?.methods ?? []
  const hasTotp = methods.some((one) => one.type === 'totp' && one.enabled)
  const passkeys = methods.filter((one) => one.type === 'passkey')
  const backup = methods.find((one) => one.type === 'backup_codes')
  const isProtected = hasTotp || passkeys.length > 0
  return (
    <Section title={t('mfa.title')} about={t('mfa.about')}>
      <Answer query={query} rows={3}>
        {() => (
          <Stack>
            <Group justify="space-between">
              <Group gap="sm" wrap="nowrap">
                <IconDeviceMobile size={22} aria-hidden />
                <Text fw={550}>{t('mfa.totp')}</Text>
                {hasTotp ? <State tone="good">{t('mfa.on')}</State> : <State tone="plain">{t('mfa.off')}</State>}
              </Group>
              {hasTotp ? (
                <DisableTotp />
              ) : (
                <Button onClick={() => begin.mutate()} loading={begin.isPending}>
                  {t('mfa.setUp')}
                </Button>
              )}
            </Group>
            <Group justify="space-between">
              <Group gap="sm" wrap="nowrap">
                <IconFingerprint size={22} aria-hidden />
                <Text fw={550}>{t('mfa.passkeys')}</Text>
              </Group>
              <Button variant="default" onClick={() => setNaming(true)}>
                {t('mfa.addPasskey')}
              </Button>
            </Group>
            {passkeys.length > 0 ? (
              <Listing
                label={t('mfa.passkeys')}
                rows={passkeys}
                keyOf={(one) => one.id ?? ''}
                empty={null}
                columns={[
                  { label: t('keys.name'), cell: (one) => one.name },
                  { label: t('common.created'), cell: (one) => moment(one.configured_at) },
                  { label: t('mfa.lastUsed'), cell: (one) => moment(one.last_used_at) },
                  {
                    label: t('common.actions'),
                    cell: (one) => (
                      <EndButton
                        label={t('action.delete')}
                        title={t('mfa.removeTitle')}
                        text={t('mfa.removeText', { name: one.name ?? '' })}
                        run={() => remove.mutate(one.id ?? '')}
                      />
                    ),
                  },
                ]}
              />
            ) : null}
            {isProtected ? (
              <Group justify="space-between">
                <Text size="sm">
                  {t('mfa.codesLeft', {
                    count: backup?.remaining_codes ?? 0,
                    shown: number(backup?.remaining_codes ?? 0),
                  })}
                </Text>
                <Button
                  variant="default"
                  onClick={() =>
                    confirm({
                      title: t('mfa.newCodes'),
                      text: t('mfa.newCodesText'),
                      action: t('mfa.newCodes'),
                      run: () => renew.mutate(),
                    })
                  }
                >
                  {t('mfa.newCodes')}
                </Button>
              </Group>
            ) : null}
          </Stack>
        )}
      </Answer>
      <SetUpTotp given={setUp} onClose={() => setSetUp(null)} onCodes={setCodes} />
      <NamePasskey
        opened={naming}
        onClose={() => setNaming(false)}
        busy={register.isPending}
        onName={(name) => register.mutate(name)}
      />
      <BackupCodes codes={codes} onClose={() => setCodes(null)} />
    </Section>
  )
}

function NamePasskey(given: { opened: boolean; onClose: () => void; busy: boolean; onName: (name: string) => void }) {
  const { t } = useTranslation()
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    given.onName(formText(new FormData(event.currentTarget), 'name'))
  }
  return (
    <Dialog opened={given.opened} onClose={given.onClose} title={t('mfa.addPasskey')}>
      <form onSubmit={submit}>
        <Stack>
          <Text size="sm">{t('mfa.passkeyText')}</Text>
          <TextInput
            name="name"
            label={t('keys.name')}
            placeholder={t('mfa.passkeyName')}
            maxLength={100}
            required
            data-autofocus
          />
          <Button type="submit" loading={given.busy}>
            {t('mfa.continue')}
          </Button>
        </Stack>
      </form>
    </Dialog>
  )
}

function BackupCodes({ codes, onClose }: { codes: string[] | null; onClose: () => void }) {
  const { t } = useTranslation()
  return (
    <Dialog opened={codes !== null} onClose={onClose} title={t('mfa.codes')} closeOnClickOutside={false}>
      <Stack>
        <Alert color="yellow" variant="light">
          {t('mfa.codesText')}
        </Alert>
        <SimpleGrid cols={2} spacing="xs">
          {(codes ?? []).map((code) => (
            <Code key={code} ta="center" fz="sm" data-secret>
              {code}
            </Code>
          ))}
        </SimpleGrid>
        <Group justify="flex-end">
          <CopyButton value={(codes ?? []).join('\n')}>
            {({ copied, copy }) => (
              <Button variant="default" onClick={copy}>
                {copied ? t('action.copied') : t('action.copy')}
              </Button>
            )}
          </CopyButton>
          <Button onClick={onClose}>{t('secret.kept')}</Button>
        </Group>
      </Stack>
    </Dialog>
  )
}
