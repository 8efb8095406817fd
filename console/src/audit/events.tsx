import { Button, Code, Select, Text } from '@mantine/core'
import { IconDownload } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, ask, download } from '../api/client.ts'
import type { Search } from '../app/location.ts'
import { useSearchState } from '../app/location.ts'
import { useMay } from '../app/me.ts'
import { useAct } from '../parts/act.tsx'
import { FilterField, Filters, useFilter } from '../parts/filters.tsx'
import { useFormat } from '../parts/format.ts'
import { Listing, NextPage } from '../parts/listing.tsx'
import { Page } from '../parts/page.tsx'
import { Answer, Empty } from '../parts/states.tsx'
import { useDid } from './did.ts'
import { categories, Severity, severities, useCategory } from './event-lines.tsx'
import { useWho } from './who.ts'

const filters = ['category', 'severity', 'action', 'user_id', 'target_id', 'from', 'to'] as const

const dayStart = (day: string | undefined) => (day ? new Date(`${day}T00:00:00`).toISOString() : undefined)
const dayEnd = (day: string | undefined) => (day ? new Date(`${day}T23:59:59.999`).toISOString() : undefined)

/** What the address says, as the API takes it; what is absent is left out. */
function queryOf(search: Search) {
  const given = {
    category: categories.find((one) => one === search.category),
    severity: severities.find((one) => one === search.severity),
    action: search.action,
    user_id: search.user_id,
    target_id: search.target_id,
    start_date: dayStart(search.from),
    end_date: dayEnd(search.to),
  }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value)) as Partial<typeof given>
}

export function AuditEvents() {
  const { t } = useTranslation()
  const { moment, number } = useFormat()
  const may = useMay()
  const category = useCategory()
  const did = useDid()
  const [search] = useSearchState()
  const query = useQuery({
    queryKey: ['audit', 'events', search],
    queryFn: () => {
      const cursor = search.cursor ? { cursor: search.cursor } : {}
      return ask(api.GET('/api/v1/audit/events', { params: { query: { ...queryOf(search), limit: 50, ...cursor } } }))
    },
    placeholderData: keepPreviousData,
  })
  const who = useWho((query.data?.events ?? []).map((one) => one.actor))
  const save = useAct({
    run: () => {
      const { category: only, start_date, end_date } = queryOf(search)
      const wanted = new URLSearchParams(
        Object.entries({ category: only, start_date, end_date }).flatMap(([k, v]) => (v ? [[k, v]] : [])),
      )
      return download(`/api/v1/audit/export?${wanted}`, 'audit.ndjson')
    },
  })
  return (
    <Page
      title={t('audit.title')}
      about={t('audit.about')}
      actions={
        may('audit:export') ? (
          <Button
            variant="default"
            leftSection={<IconDownload size={18} />}
            onClick={() => save.mutate()}
            loading={save.isPending}
          >
            {t('audit.export')}
          </Button>
        ) : null
      }
    >
      <AuditFilters />
      <Answer query={query} rows={12}>
        {({ events, total, total_is_exact, next_cursor }) => (
          <>
            <Text size="sm" c="dimmed" aria-live="polite">
              {t('audit.found', { count: total, shown: total_is_exact ? number(total) : `${number(total)}+` })}
            </Text>
            <Listing
              label={t('audit.title')}
              rows={events}
              keyOf={(one) => one.id}
              link={(one) => `/audit/${one.id}`}
              empty={<Empty title={t('audit.none')}>{t('audit.noneMore')}</Empty>}
              columns={[
                { label: t('audit.what'), cell: did },
                { label: t('audit.when'), cell: (one) => moment(one.timestamp) },
                { label: t('audit.action'), cell: (one) => <Code fz="xs">{one.action}</Code> },
                { label: t('audit.category'), cell: (one) => category(one.category) },
                { label: t('audit.severity'), cell: (one) => <Severity severity={one.severity} /> },
                { label: t('audit.who'), cell: (one) => <Text size="xs">{who(one.actor)}</Text> },
              ]}
            />
            <NextPage next={next_cursor} name="cursor" />
          </>
        )}
      </Answer>
    </Page>
  )
}

function AuditFilters() {
  const { t } = useTranslation()
  const category = useCategory()
  const [search, set] = useFilter()
  return (
    <Filters names={filters}>
      <Select
        label={t('audit.category')}
        placeholder={t('common.all')}
        clearable
        data={categories.map((one) => ({ value: one, label: category(one) }))}
        value={search.category ?? null}
        onChange={set('category')}
        clearButtonProps={{ 'aria-label': t('action.clear') }}
      />
      <Select
        label={t('audit.severity')}
        placeholder={t('common.all')}
        clearable
        data={severities.map((one) => ({ value: one, label: t(`severity.${one}`) }))}
        value={search.severity ?? null}
        onChange={set('severity')}
        clearButtonProps={{ 'aria-label': t('action.clear') }}
      />
      <FilterField name="from" type="date" label={t('audit.from')} />
      <FilterField name="to" type="date" label={t('audit.to')} />
      <FilterField name="action" label={t('audit.action')} placeholder="login_failure" />
      <FilterField name="user_id" label={t('audit.userId')} placeholder="user_…" />
      <FilterField name="target_id" label={t('audit.targetId')} />
    </Filters>
  )
}
