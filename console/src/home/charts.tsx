import { Anchor, Box, SimpleGrid, Skeleton, Text } from '@mantine/core'
import { queryOptions, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import type { Paths } from '../api/schema.ts'
import { useMay } from '../app/me.ts'
import type { InvoiceStatus } from '../ledger/invoice-states.tsx'
import { invoiceStatuses } from '../ledger/invoice-states.tsx'
import type { BarTone } from '../parts/bars.tsx'
import { DayBars, Shares } from '../parts/bars.tsx'
import { useFormat } from '../parts/format.ts'
import { Section } from '../parts/page.tsx'
import { aside } from '../parts/states.tsx'

type Overview = Paths['/api/v1/overview']['get']['responses'][200]['content']['application/json']

/** Days are those of the user's clock. */
export const overviewQuery = queryOptions({
  queryKey: ['overview'],
  meta: aside,
  queryFn: () =>
    ask(api.GET('/api/v1/overview', { params: { query: { days: 14, utc_offset: -new Date().getTimezoneOffset() } } })),
  // What was done a moment ago on another screen is in it.
  staleTime: 2000,
})

export function Charts() {
  const { t } = useTranslation()
  const may = useMay()
  const { data, isError } = useQuery(overviewQuery)
  const wanted = ['audit:view', 'webhook:view', 'invoice:view'].filter((one) => may(one))
  // The screen says so.
  if (isError && !data) return null
  return (
    <SimpleGrid cols={{ base: 1, lg: Math.max(1, wanted.length) }}>
      {may('audit:view') ? (
        <Section title={t('home.events')} about={t('home.lastDays')}>
          {data ? <Events overview={data} /> : <Waiting />}
        </Section>
      ) : null}
      {may('webhook:view') ? (
        <Section title={t('home.deliveries')} about={t('home.lastDays')}>
          {data ? <Deliveries overview={data} /> : <Waiting />}
        </Section>
      ) : null}
      {may('invoice:view') ? (
        <Section title={t('home.invoicesBy')} about={t('home.inAccount')}>
          {data ? <Invoices overview={data} /> : <Waiting />}
        </Section>
      ) : null}
    </SimpleGrid>
  )
}

/** As high as a chart. */
function Waiting() {
  return <Skeleton height={150} />
}

function Nothing({ children }: { children: string }) {
  return (
    <Box mih={150}>
      <Text c="dimmed" size="sm">
        {children}
      </Text>
    </Box>
  )
}

function Events({ overview: { events, most_counted } }: { overview: Overview }) {
  const { t } = useTranslation()
  const { number } = useFormat()
  const days = events ?? []
  if (days.every((one) => one.total === 0)) return <Nothing>{t('home.nothing')}</Nothing>
  return (
    <>
      <DayBars
        label={t('home.events')}
        dayLabel={t('home.day')}
        today={t('home.today')}
        days={days.map((one) => one.day)}
        series={[
          { label: t('home.eventsNotable'), tone: 'waiting', values: days.map((one) => one.notable) },
          {
            label: t('home.eventsOther'),
            tone: 'main',
            values: days.map((one) => Math.max(0, one.total - one.notable)),
          },
        ]}
      />
      {days.some((one) => one.total >= most_counted) ? (
        <Text size="xs" c="dimmed">
          {t('home.capped', { most: number(most_counted) })}
        </Text>
      ) : null}
    </>
  )
}

function Deliveries({ overview: { deliveries } }: { overview: Overview }) {
  const { t } = useTranslation()
  const days = deliveries?.days ?? []
  if (days.every((one) => one.succeeded + one.failed === 0)) return <Nothing>{t('home.nothing')}</Nothing>
  return (
    <>
      <DayBars
        label={t('home.deliveries')}
        dayLabel={t('home.day')}
        today={t('home.today')}
        days={days.map((one) => one.day)}
        series={[
          { label: t('home.failed'), tone: 'bad', values: days.map((one) => one.failed) },
          { label: t('home.succeeded'), tone: 'good', values: days.map((one) => one.succeeded) },
        ]}
      />
      {deliveries?.is_complete === false ? (
        <Text size="xs" c="dimmed">
          {t('home.newestOnly')}
        </Text>
      ) : null}
    </>
  )
}

const tones: Record<InvoiceStatus, BarTone> = {
  draft: 'plain',
  sent: 'main',
  approved: 'good',
  rejected: 'bad',
  overdue: 'waiting',
  paid: 'good',
  cancelled: 'plain',
}

function Invoices({ overview: { invoices } }: { overview: Overview }) {
  const { t } = useTranslation()
  const found = invoiceStatuses.flatMap((status) => invoices?.find((one) => one.status === status) ?? [])
  if (found.length === 0) return <Nothing>{t('home.noInvoices')}</Nothing>
  return (
    <Box mih={150}>
      <Shares
        label={t('home.invoicesBy')}
        shares={found.map(({ status, count }) => ({
          key: status,
          value: count,
          tone: tones[status],
          label: (
            <Anchor component={Link} to={`/invoices?status=${status}`} size="sm">
              {t(`invoiceStatus.${status}`)}
            </Anchor>
          ),
        }))}
      />
    </Box>
  )
}
