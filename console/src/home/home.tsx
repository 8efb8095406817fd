import { Anchor, Group, Paper, SimpleGrid, Skeleton, Stack, Text, ThemeIcon } from '@mantine/core'
import {
  IconBuildingStore,
  IconChecklist,
  IconFileText,
  IconSitemap,
  IconUsers,
  IconWebhook,
} from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { useMay, useMe } from '../app/me.ts'
import { EventLines } from '../audit/event-lines.tsx'
import { useFormat } from '../parts/format.ts'
import { Page, Section } from '../parts/page.tsx'
import { Answer, aside, Empty } from '../parts/states.tsx'
import { Charts, overviewQuery } from './charts.tsx'
import { FirstSteps } from './first-steps.tsx'
import { Undelivered } from './undelivered.tsx'

const clientCount = {
  queryKey: ['clients', 'count'],
  meta: aside,
  queryFn: () => ask(api.GET('/api/v1/clients', { params: { query: { page: 1, pageSize: 1 } } })),
}

export function Home() {
  const { t } = useTranslation()
  const me = useMe()
  const may = useMay()
  const clients = useQuery({ ...clientCount, enabled: may('client:view') })
  const overview = useQuery({ ...overviewQuery, enabled: may('tenant:view') })
  const isNew = clients.data?.total === 0 && !overview.data?.invoices?.length && !overview.isLoading
  return (
    <Page
      title={t('home.welcome', { name: me?.user.display_name || me?.user.email })}
      about={t('home.about', { tenant: me?.tenant.name })}
    >
      {isNew ? <FirstSteps /> : null}
      {overview.data?.messages ? <Undelivered {...overview.data.messages} /> : null}
      <SimpleGrid cols={{ base: 1, xs: 2, md: 3, xl: 6 }}>
        <ApprovalFigure />
        {may('client:view') ? <ClientFigure /> : null}
        {may('profile:view') ? <ProfileFigure /> : null}
        {may('webhook:view') ? <WebhookFigure /> : null}
        {may('tenant:view') && may('workflow:view') ? <ExecutionFigure /> : null}
        {may('user:view') ? <UserFigure /> : null}
      </SimpleGrid>
      {may('tenant:view') ? <Charts /> : null}
      {me && !me.mfa.enabled ? (
        <Section title={t('home.protect')} about={t('home.protectText')}>
          <Anchor component={Link} to="/account">
            {t('home.protectLink')}
          </Anchor>
        </Section>
      ) : null}
      {may('audit:view') ? <Latest /> : null}
    </Page>
  )
}

type Given = {
  to: string
  icon: ReactNode
  label: string
  value: string | undefined
  /** It could not be counted. */
  isMissing: boolean
  note: string
}

function Figure({ to, icon, label, value, isMissing, note }: Given) {
  return (
    <Paper withBorder p="md" component={Link} to={to} c="inherit" td="none">
      <Group justify="space-between" align="flex-start" wrap="nowrap">
        <Stack gap={2} miw={0}>
          <Text size="sm" c="dimmed">
            {label}
          </Text>
          {value === undefined && !isMissing ? (
            <Skeleton height={32} width={60} />
          ) : (
            <Text fz={28} lh="32px" fw={650} className="figure-number">
              {value ?? '—'}
            </Text>
          )}
          <Text size="xs" c="dimmed">
            {note}
          </Text>
        </Stack>
        <ThemeIcon variant="light" size="lg" aria-hidden>
          {icon}
        </ThemeIcon>
      </Group>
    </Paper>
  )
}

function ApprovalFigure() {
  const { t } = useTranslation()
  const { number } = useFormat()
  const { data, isError } = useQuery({
    queryKey: ['approvals', 'home'],
    meta: aside,
    queryFn: () => ask(api.GET('/api/v1/workflows/approvals/pending', { params: { query: { limit: 100 } } })),
  })
  const found = data?.approvals.length ?? 0
  const value = data && (data.next_cursor ? `${number(found)}+` : number(found))
  return (
    <Figure
      isMissing={isError && !data}
      to="/approvals"
      icon={<IconChecklist size={20} />}
      label={t('nav.approvals')}
      value={value}
      note={t('home.approvalsNote')}
    />
  )
}

function ClientFigure() {
  const { t } = useTranslation()
  const { number } = useFormat()
  const { data, isError } = useQuery(clientCount)
  return (
    <Figure
      isMissing={isError && !data}
      to="/clients"
      icon={<IconBuildingStore size={20} />}
      label={t('clients.title')}
      value={data && number(data.total)}
      note={t('home.inAccount')}
    />
  )
}

function ProfileFigure() {
  const { t } = useTranslation()
  const { number } = useFormat()
  const { data, isError } = useQuery({
    queryKey: ['profiles', 'drafts'],
    meta: aside,
    queryFn: () => ask(api.GET('/api/v1/profiles/', { params: { query: { status: 'draft', limit: 100 } } })),
  })
  const found = data?.data.results.length ?? 0
  const value = data && (data.data.hasMore ? `${number(found)}+` : number(found))
  return (
    <Figure
      isMissing={isError && !data}
      to="/profiles?status=draft"
      icon={<IconFileText size={20} />}
      label={t('home.drafts')}
      value={value}
      note={t('home.draftsNote')}
    />
  )
}

function WebhookFigure() {
  const { t } = useTranslation()
  const { number } = useFormat()
  const { data, isError } = useQuery({
    queryKey: ['webhooks', 'home'],
    meta: aside,
    queryFn: () => ask(api.GET('/api/v1/webhooks/', { params: { query: { limit: 100 } } })),
  })
  const failing = data?.data.results.filter((one) => one.status === 'disabled' || one.failingSince).length
  return (
    <Figure
      isMissing={isError && !data}
      to="/webhooks"
      icon={<IconWebhook size={20} />}
      label={t('home.failing')}
      value={failing === undefined ? undefined : number(failing)}
      note={data ? t('home.failingNote', { count: data.data.results.length }) : '\u00a0'}
    />
  )
}

function ExecutionFigure() {
  const { t } = useTranslation()
  const { number } = useFormat()
  const { data, isError } = useQuery(overviewQuery)
  return (
    <Figure
      isMissing={isError && !data}
      to="/executions?status=failed"
      icon={<IconSitemap size={20} />}
      label={t('home.failedRuns')}
      value={data && number(data.executions_failed ?? 0)}
      note={t('home.lastDays')}
    />
  )
}

function UserFigure() {
  const { t } = useTranslation()
  const { number } = useFormat()
  const { data, isError } = useQuery({
    queryKey: ['users', 'home'],
    meta: aside,
    queryFn: () => ask(api.GET('/api/v1/users', { params: { query: { limit: 100 } } })),
  })
  const without = data?.users.filter((one) => one.status === 'active' && !one.mfa_enabled).length
  return (
    <Figure
      isMissing={isError && !data}
      to="/users"
      icon={<IconUsers size={20} />}
      label={t('home.withoutMfa')}
      value={without === undefined ? undefined : number(without)}
      note={data ? t('home.withoutMfaNote', { count: data.users.length }) : '\u00a0'}
    />
  )
}

function Latest() {
  const { t } = useTranslation()
  const query = useQuery({
    queryKey: ['audit', 'latest'],
    queryFn: () => ask(api.GET('/api/v1/audit/events', { params: { query: { limit: 8 } } })),
  })
  return (
    <Section
      title={t('home.latest')}
      actions={
        <Anchor component={Link} to="/audit" size="sm">
          {t('home.allEvents')}
        </Anchor>
      }
    >
      <Answer query={query} rows={8}>
        {({ events }) => (events.length > 0 ? <EventLines events={events} /> : <Empty title={t('audit.none')} />)}
      </Answer>
    </Section>
  )
}
