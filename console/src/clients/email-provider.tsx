import { Button, Checkbox, PasswordInput, Select, Stack, TextInput } from '@mantine/core'
import { IconSend } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import type { FormEvent } from 'react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask, onClient } from '../api/client.ts'
import { Problem } from '../api/problem.ts'
import { useMay } from '../app/me.ts'
import { useAct } from '../parts/act.tsx'
import { useConfirm } from '../parts/controls.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { FormEnd } from '../parts/form-end.tsx'
import { formText, printed } from '../parts/given.ts'
import { Facts, Section } from '../parts/page.tsx'
import { useFaultText } from '../parts/problem-text.ts'
import { Answer, Empty } from '../parts/states.tsx'
import { SendTest } from './email-test.tsx'

type Field = { name: FieldName; kind: 'text' | 'secret' | 'number' | 'boolean'; isOptional?: boolean }
type FieldName =
  | 'host'
  | 'port'
  | 'username'
  | 'password'
  | 'use_tls'
  | 'api_key'
  | 'domain'
  | 'region'
  | 'server_token'
  | 'message_stream'
  | 'access_key_id'
  | 'secret_access_key'
  | 'from_email'
  | 'from_name'

const sender: Field[] = [
  { name: 'from_email', kind: 'text' },
  { name: 'from_name', kind: 'text', isOptional: true },
]
const providers = {
  smtp: [
    { name: 'host', kind: 'text' },
    { name: 'port', kind: 'number' },
    { name: 'username', kind: 'text', isOptional: true },
    { name: 'password', kind: 'secret', isOptional: true },
    { name: 'use_tls', kind: 'boolean' },
    ...sender,
  ],
  mailgun: [
    { name: 'api_key', kind: 'secret' },
    { name: 'domain', kind: 'text' },
    { name: 'region', kind: 'text', isOptional: true },
    ...sender,
  ],
  sendgrid: [{ name: 'api_key', kind: 'secret' }, ...sender],
  postmark: [
    { name: 'server_token', kind: 'secret' },
    { name: 'message_stream', kind: 'text', isOptional: true },
    ...sender,
  ],
  ses: [
    { name: 'region', kind: 'text' },
    { name: 'access_key_id', kind: 'text' },
    { name: 'secret_access_key', kind: 'secret' },
    ...sender,
  ],
} satisfies Record<string, Field[]>
type Provider = keyof typeof providers
const names: Record<Provider, string> = {
  smtp: 'SMTP',
  mailgun: 'Mailgun',
  sendgrid: 'SendGrid',
  postmark: 'Postmark',
  ses: 'Amazon SES',
}

type Config = { provider: string; config: { [name: string]: unknown } }

export function EmailProvider({ uid }: { uid: string }) {
  const { t } = useTranslation()
  const may = useMay()
  const confirm = useConfirm()
  const [editing, setEditing] = useState(false)
  const [testing, setTesting] = useState(false)
  const key = ['clients', uid, 'email']
  const query = useQuery({
    queryKey: key,
    queryFn: async (): Promise<Config | null> => {
      try {
        return (await ask(api.GET('/api/v1/clients/email-config', onClient(uid)))).data
      } catch (error) {
        if (error instanceof Problem && error.status === 404) return null
        throw error
      }
    },
  })
  const remove = useAct({
    run: () => ask(api.DELETE('/api/v1/clients/email-config', onClient(uid))),
    done: t('email.removed'),
    refresh: [key],
  })
  const config = query.data ?? null
  const askRemove = () =>
    confirm({
      title: t('email.removeTitle'),
      text: t('email.removeText'),
      action: t('action.delete'),
      run: () => remove.mutate(),
    })
  const actions = query.isSuccess ? (
    <>
      {config && may('email-config:test') ? (
        <Button variant="default" leftSection={<IconSend size={18} />} onClick={() => setTesting(true)}>
          {t('email.test')}
        </Button>
      ) : null}
      {may('email-config:update') ? (
        <>
          {config ? (
            <Button variant="default" c="var(--mantine-color-error)" onClick={askRemove}>
              {t('action.delete')}
            </Button>
          ) : null}
          <Button variant={config ? 'default' : 'filled'} onClick={() => setEditing(true)}>
            {config ? t('action.edit') : t('connection.setUp')}
          </Button>
        </>
      ) : null}
    </>
  ) : null
  return (
    <Section title={t('email.title')} about={t('email.about')} actions={actions}>
      <Answer query={query} rows={4}>
        {(found) => (found ? <Shown config={found} /> : <Empty title={t('email.none')}>{t('email.noneMore')}</Empty>)}
      </Answer>
      <EmailForm
        key={JSON.stringify(config)}
        uid={uid}
        config={config}
        opened={editing}
        onClose={() => setEditing(false)}
      />
      <SendTest uid={uid} opened={testing} onClose={() => setTesting(false)} />
    </Section>
  )
}

const isProvider = (name: string): name is Provider => name in providers

function Shown({ config }: { config: Config }) {
  const { t } = useTranslation()
  const fields: Field[] = isProvider(config.provider) ? providers[config.provider] : []
  const shown = fields.filter((one) => one.kind !== 'secret' && config.config[one.name] !== undefined)
  const print = (value: unknown) =>
    typeof value === 'boolean' ? (value ? t('common.yes') : t('common.no')) : printed(value)
  return (
    <Facts
      facts={[
        [t('email.provider'), isProvider(config.provider) ? names[config.provider] : config.provider],
        ...shown.map((one) => [t(`email.${one.name}`), print(config.config[one.name])] as const),
        [t('email.secret'), t('email.secretKept')],
      ]}
    />
  )
}

type Given = { uid: string; config: Config | null; opened: boolean; onClose: () => void }

function EmailForm({ uid, config, opened, onClose }: Given) {
  const { t } = useTranslation()
  const [provider, setProvider] = useState<Provider>(config && isProvider(config.provider) ? config.provider : 'smtp')
  const [faults, setFaults] = useState<Record<string, string>>({})
  const tellFault = useFaultText()
  const act = useAct({
    run: (body: Config) =>
      config
        ? ask(api.PUT('/api/v1/clients/email-config', { ...onClient(uid), body }))
        : ask(api.POST('/api/v1/clients/email-config', { ...onClient(uid), body })),
    done: t('common.saved'),
    refresh: [['clients', uid]],
    onDone: onClose,
  })
  const fields: Field[] = providers[provider]
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const values = fields.flatMap(({ name, kind }): [string, unknown][] => {
      if (kind === 'boolean') return [[name, form.get(name) === 'on']]
      const text = formText(form, name).trim()
      return text === '' ? [] : [[name, kind === 'number' ? Number(text) : text]]
    })
    setFaults({})
    act.mutate(
      { provider, config: Object.fromEntries(values) },
      {
        onError: (error) =>
          error instanceof Problem &&
          setFaults(
            Object.fromEntries(error.faults.map((one) => [one.field.replace(/^config\./, ''), tellFault(one)])),
          ),
      },
    )
  }
  const known = config?.provider === provider ? config.config : {}
  return (
    <Dialog opened={opened} onClose={onClose} title={t('email.title')} size="lg">
      <form onSubmit={submit} key={provider}>
        <Stack>
          <Select
            label={t('email.provider')}
            data={Object.entries(names).map(([value, label]) => ({ value, label }))}
            value={provider}
            onChange={(value) => value && isProvider(value) && setProvider(value)}
            allowDeselect={false}
            data-autofocus
          />
          {fields.map(({ name, kind, isOptional }) => {
            const common = { name, label: t(`email.${name}`), error: faults[name], required: !isOptional }
            const value = known[name] === undefined ? '' : printed(known[name])
            if (kind === 'boolean')
              return (
                <Checkbox key={name} name={name} label={t(`email.${name}`)} defaultChecked={known[name] !== false} />
              )
            if (kind === 'secret') {
              return (
                <PasswordInput
                  key={name}
                  {...common}
                  description={config ? t('email.secretAgain') : undefined}
                  autoComplete="new-password"
                  visibilityToggleButtonProps={{ 'aria-label': t('signIn.showPassword') }}
                />
              )
            }
            const first = name === 'port' && value === '' ? '587' : value
            return (
              <TextInput
                key={name}
                {...common}
                type={kind === 'number' ? 'number' : name === 'from_email' ? 'email' : 'text'}
                defaultValue={first}
                autoComplete="off"
              />
            )
          })}
          <FormEnd onCancel={onClose} isPending={act.isPending}>
            {t('action.save')}
          </FormEnd>
        </Stack>
      </form>
    </Dialog>
  )
}
