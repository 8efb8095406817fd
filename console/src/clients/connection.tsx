import { Alert, Button, Checkbox, Group, PasswordInput, SegmentedControl, Stack, Text, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { IconPlugConnected } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import type { Components } from '../api/schema.ts'
import { useMay } from '../app/me.ts'
import { useAct } from '../parts/act.tsx'
import { State } from '../parts/controls.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { FormEnd } from '../parts/form-end.tsx'
import { useFormat } from '../parts/format.ts'
import { Facts, Section } from '../parts/page.tsx'
import { Answer, Empty } from '../parts/states.tsx'

type Config = Components['schemas']['PDPConfigResponse']
type Kind = 'pdp' | 'chorus'

/** Credentials of an invoicing platform (PDP) or of Chorus Pro. The client's secret comes in and never out. */
export function ConnectionSection({ uid, kind }: { uid: string; kind: Kind }) {
  const { t } = useTranslation()
  const may = useMay()
  const [editing, setEditing] = useState(false)
  const [testing, setTesting] = useState(false)
  const params = { params: { path: { uid } } }
  const query = useQuery({
    queryKey: ['clients', uid, kind],
    queryFn: () =>
      kind === 'pdp'
        ? ask(api.GET('/api/v1/clients/{uid}/pdp-config', params))
        : ask(api.GET('/api/v1/clients/{uid}/chorus-config', params)),
  })
  const test = useTest(uid, kind)
  const config = query.data
  const isDouble = config?.encryptionMode === 'double'
  const actions = config ? (
    <>
      {kind === 'pdp' && config.isConfigured && may('credential:test') ? (
        <Button
          variant="default"
          leftSection={<IconPlugConnected size={18} />}
          loading={test.isPending}
          onClick={() => (isDouble ? setTesting(true) : test.mutate(undefined))}
        >
          {t('connection.test')}
        </Button>
      ) : null}
      {may('credential:update') ? (
        <Button variant={config.isConfigured ? 'default' : 'filled'} onClick={() => setEditing(true)}>
          {config.isConfigured ? t('action.edit') : t('connection.setUp')}
        </Button>
      ) : null}
    </>
  ) : null
  return (
    <Section title={t(`connection.${kind}`)} about={t(`connection.${kind}About`)} actions={actions}>
      <Answer query={query} rows={4}>
        {(found) =>
          found.isConfigured ? (
            <Shown config={found} />
          ) : (
            <Empty title={t('connection.none')}>{t('connection.noneMore')}</Empty>
          )
        }
      </Answer>
      {config ? (
        <ConnectionForm
          key={config.updatedAt ?? ''}
          uid={uid}
          kind={kind}
          config={config}
          opened={editing}
          onClose={() => setEditing(false)}
        />
      ) : null}
      <ClientKey opened={testing} onClose={() => setTesting(false)} onKey={(key) => test.mutate(key)} />
    </Section>
  )
}

function useTest(uid: string, kind: Kind) {
  const { t } = useTranslation()
  return useAct({
    run: (key: string | undefined) => {
      const header = key ? { 'x-encryption-key': key } : {}
      return ask(api.POST('/api/v1/clients/{uid}/pdp-config/test', { params: { path: { uid }, header } }))
    },
    done: (config) => (config.lastTestSuccess ? t('connection.tested') : t('connection.testFailed')),
    isBad: (config) => !config.lastTestSuccess,
    refresh: [['clients', uid, kind]],
  })
}

function Shown({ config }: { config: Config }) {
  const { t } = useTranslation()
  const { moment } = useFormat()
  const tested = config.lastTestAt ? (
    <Group gap="xs" key="test">
      <State tone={config.lastTestSuccess ? 'good' : 'bad'}>
        {config.lastTestSuccess ? t('connection.works') : t('connection.fails')}
      </State>
      {moment(config.lastTestAt)}
    </Group>
  ) : (
    t('connection.never')
  )
  return (
    <Stack>
      {config.lastTestError ? (
        <Alert color="red" variant="light" title={t('connection.fails')}>
          {config.lastTestError}
        </Alert>
      ) : null}
      <Facts
        facts={[
          [
            t('common.state'),
            <State key="state" tone={config.isActive ? 'good' : 'plain'}>
              {config.isActive ? t('common.active') : t('common.inactive')}
            </State>,
          ],
          [t('connection.flowUrl'), config.flowServiceUrl],
          [t('connection.tokenUrl'), config.tokenUrl],
          [t('connection.clientId'), config.oauthClientId],
          [
            t('connection.secret'),
            config.encryptionMode === 'double' ? t('connection.double') : t('connection.single'),
          ],
          [t('connection.sandbox'), config.modeSandbox ? t('common.yes') : t('common.no')],
          [t('connection.lastTest'), tested],
          [t('common.changed'), moment(config.updatedAt)],
        ]}
      />
    </Stack>
  )
}

const modeOf = (config: Config): 'fernet' | 'double' => (config.encryptionMode === 'double' ? 'double' : 'fernet')

type FormGiven = { uid: string; kind: Kind; config: Config; opened: boolean; onClose: () => void }

function ConnectionForm({ uid, kind, config, opened, onClose }: FormGiven) {
  const { t } = useTranslation()
  const isUrl = (value: string) => (URL.canParse(value) && /^https?:/.test(value) ? null : t('form.url'))
  const isThere = (value: string) => (value.trim() === '' ? t('form.required') : null)
  const form = useForm({
    initialValues: {
      flowServiceUrl: config.flowServiceUrl ?? '',
      tokenUrl: config.tokenUrl ?? '',
      oauthClientId: config.oauthClientId ?? '',
      clientSecret: '',
      isActive: config.isActive ?? true,
      modeSandbox: config.modeSandbox ?? false,
      encryptionMode: modeOf(config),
      key: '',
    },
    validate: {
      flowServiceUrl: isUrl,
      tokenUrl: isUrl,
      oauthClientId: isThere,
      clientSecret: isThere,
      key: (value, values) => (values.encryptionMode === 'double' ? isThere(value) : null),
    },
  })
  const act = useAct({
    run: ({ key, ...body }: typeof form.values) => {
      const header = body.encryptionMode === 'double' ? { 'x-encryption-key': key } : {}
      const given = { params: { path: { uid }, header }, body }
      return kind === 'pdp'
        ? ask(api.PUT('/api/v1/clients/{uid}/pdp-config', given))
        : ask(api.PUT('/api/v1/clients/{uid}/chorus-config', given))
    },
    done: t('common.saved'),
    refresh: [['clients']],
    onDone: onClose,
  })
  const isDouble = form.values.encryptionMode === 'double'
  return (
    <Dialog opened={opened} onClose={onClose} title={t(`connection.${kind}`)} size="lg">
      <form onSubmit={form.onSubmit((values) => act.mutate(values))}>
        <Stack>
          <TextInput
            label={t('connection.flowUrl')}
            type="url"
            required
            data-autofocus
            {...form.getInputProps('flowServiceUrl')}
          />
          <TextInput label={t('connection.tokenUrl')} type="url" required {...form.getInputProps('tokenUrl')} />
          <TextInput
            label={t('connection.clientId')}
            required
            autoComplete="off"
            {...form.getInputProps('oauthClientId')}
          />
          <PasswordInput
            label={t('connection.secret')}
            description={t('connection.secretHint')}
            required
            autoComplete="new-password"
            visibilityToggleButtonProps={{ 'aria-label': t('signIn.showPassword') }}
            {...form.getInputProps('clientSecret')}
          />
          <Stack gap={4}>
            <Text size="sm" fw={500} id={`${kind}-mode`}>
              {t('connection.mode')}
            </Text>
            <SegmentedControl
              aria-labelledby={`${kind}-mode`}
              data={[
                { value: 'fernet', label: t('connection.single') },
                { value: 'double', label: t('connection.double') },
              ]}
              {...form.getInputProps('encryptionMode')}
            />
            <Text size="xs" c="dimmed">
              {isDouble ? t('connection.doubleHint') : t('connection.singleHint')}
            </Text>
          </Stack>
          {isDouble ? (
            <TextInput
              label={t('connection.key')}
              description={t('connection.keyHint')}
              autoComplete="off"
              required
              {...form.getInputProps('key')}
            />
          ) : null}
          <Checkbox label={t('connection.isActive')} {...form.getInputProps('isActive', { type: 'checkbox' })} />
          <Checkbox label={t('connection.sandbox')} {...form.getInputProps('modeSandbox', { type: 'checkbox' })} />
          <FormEnd onCancel={onClose} isPending={act.isPending}>
            {t('action.save')}
          </FormEnd>
        </Stack>
      </form>
    </Dialog>
  )
}

/** Mode "double": we cannot open the secret without the client's own key. */
function ClientKey({ opened, onClose, onKey }: { opened: boolean; onClose: () => void; onKey: (key: string) => void }) {
  const { t } = useTranslation()
  const [key, setKey] = useState('')
  return (
    <Dialog opened={opened} onClose={onClose} title={t('connection.key')}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          onKey(key.trim())
          setKey('')
          onClose()
        }}
      >
        <Stack>
          <TextInput
            label={t('connection.key')}
            description={t('connection.keyHint')}
            autoComplete="off"
            value={key}
            onChange={(event) => setKey(event.currentTarget.value)}
            required
            data-autofocus
          />
          <Button type="submit">{t('connection.test')}</Button>
        </Stack>
      </form>
    </Dialog>
  )
}
