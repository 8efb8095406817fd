import { Alert, Anchor, Button, Group, Stack, Tabs } from '@mantine/core'
import { IconEdit } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import type { Components } from '../api/schema.ts'
import { useSearchState } from '../app/location.ts'
import { useMay } from '../app/me.ts'
import { useAct } from '../parts/act.tsx'
import { Copyable, useConfirm } from '../parts/controls.tsx'
import { useFormat } from '../parts/format.ts'
import { Facts, Page, Section } from '../parts/page.tsx'
import { Answer, NoPermission } from '../parts/states.tsx'
import { ApiKeys } from './api-keys.tsx'
import { ClientForm, ClientState } from './clients.tsx'
import { ConnectionSection } from './connection.tsx'
import { EmailProvider } from './email-provider.tsx'
import { WebhookSecret } from './webhook-secret.tsx'

type Client = Components['schemas']['ClientDetail']

export function ClientScreen() {
  const { t } = useTranslation()
  const { uid = '' } = useParams({ strict: false })
  const query = useQuery({
    queryKey: ['clients', uid],
    queryFn: () => ask(api.GET('/api/v1/clients/{uid}', { params: { path: { uid } } })),
  })
  if (query.data) return <Shown client={query.data} />
  return (
    <Page title={t('clients.one')} back={{ to: '/clients', title: t('clients.title') }}>
      <Answer query={query}>{() => null}</Answer>
    </Page>
  )
}

function Shown({ client }: { client: Client }) {
  const { t } = useTranslation()
  const may = useMay()
  const [search, change] = useSearchState()
  const [editing, setEditing] = useState(false)
  const uid = client.uid
  const tabs = [
    { name: 'overview', title: t('clients.overview'), shown: true, content: <Overview client={client} /> },
    { name: 'keys', title: t('keys.title'), shown: may('api-key:view'), content: <ApiKeys uid={uid} /> },
    {
      name: 'connections',
      title: t('clients.connections'),
      shown: may('credential:view'),
      content: (
        <Stack>
          <ConnectionSection uid={uid} kind="pdp" />
          <ConnectionSection uid={uid} kind="chorus" />
        </Stack>
      ),
    },
    { name: 'email', title: t('email.title'), shown: may('email-config:view'), content: <EmailProvider uid={uid} /> },
    {
      name: 'webhook-secret',
      title: t('hookSecret.title'),
      shown: may('webhook-secret:view'),
      content: <WebhookSecret uid={uid} />,
    },
  ]
  const tab = tabs.find((one) => one.name === search.tab)?.name ?? 'overview'
  // Where a shared address leads to a tab that is not for this user, it says so.
  const shown = tabs.filter((one) => one.shown || one.name === tab)
  return (
    <Page
      title={client.name}
      about={client.description}
      back={{ to: '/clients', title: t('clients.title') }}
      actions={
        <>
          <Activation client={client} />
          {may('client:update') ? (
            <Button variant="default" leftSection={<IconEdit size={18} />} onClick={() => setEditing(true)}>
              {t('action.edit')}
            </Button>
          ) : null}
        </>
      }
    >
      {client.isActive ? null : (
        <Alert color="yellow" variant="light">
          {t('clients.inactiveText')}
        </Alert>
      )}
      <Tabs
        value={tab}
        onChange={(tab) => change({ tab: tab === 'overview' ? undefined : (tab ?? undefined) })}
        keepMounted={false}
      >
        <Tabs.List mb="md">
          {shown.map((one) => (
            <Tabs.Tab key={one.name} value={one.name}>
              {one.title}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {tabs.map((one) => (
          <Tabs.Panel key={one.name} value={one.name}>
            {one.shown ? one.content : <NoPermission />}
          </Tabs.Panel>
        ))}
      </Tabs>
      <ClientForm opened={editing} onClose={() => setEditing(false)} client={client} key={client.updatedAt} />
    </Page>
  )
}

function Overview({ client }: { client: Client }) {
  const { t } = useTranslation()
  const may = useMay()
  const { moment } = useFormat()
  return (
    <Section title={t('clients.overview')}>
      <Facts
        facts={[
          [t('common.state'), <ClientState client={client} key="state" />],
          [t('clients.siret'), client.siret],
          [t('common.id'), <Copyable value={client.uid} label={t('action.copy')} key="id" />],
          [t('common.created'), moment(client.createdAt)],
          [t('common.changed'), moment(client.updatedAt)],
        ]}
      />
      <Group gap="lg" mt="md">
        {may('profile:view') ? (
          <Anchor component={Link} to={`/profiles?client=${client.uid}`} size="sm">
            {t('clients.itsProfiles')}
          </Anchor>
        ) : null}
        {may('audit:view') ? (
          <Anchor component={Link} to={`/audit?target_id=${client.uid}`} size="sm">
            {t('clients.itsEvents')}
          </Anchor>
        ) : null}
      </Group>
    </Section>
  )
}

function Activation({ client }: { client: Client }) {
  const { t } = useTranslation()
  const may = useMay()
  const confirm = useConfirm()
  const params = { params: { path: { uid: client.uid } } }
  const act = useAct({
    run: () =>
      client.isActive
        ? ask(api.POST('/api/v1/clients/{uid}/desactiver', params))
        : ask(api.POST('/api/v1/clients/{uid}/activer', params)),
    done: client.isActive ? t('clients.deactivated') : t('clients.activated'),
    refresh: [['clients']],
  })
  if (!may('client:activate')) return null
  if (!client.isActive) {
    return (
      <Button onClick={() => act.mutate()} loading={act.isPending}>
        {t('clients.activate')}
      </Button>
    )
  }
  const ask_ = () =>
    confirm({
      title: t('clients.deactivateTitle', { name: client.name }),
      text: t('clients.deactivateText'),
      action: t('clients.deactivate'),
      run: () => act.mutate(),
    })
  return (
    <Button variant="default" c="var(--mantine-color-error)" onClick={ask_} loading={act.isPending}>
      {t('clients.deactivate')}
    </Button>
  )
}
