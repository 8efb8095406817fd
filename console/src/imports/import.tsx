import { Alert, Anchor, Box, Button, Group, Progress, SimpleGrid, Stack, Text } from '@mantine/core'
import { IconAlertTriangle, IconCircleCheck, IconCircleX } from '@tabler/icons-react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { listen } from '../api/events.ts'
import { useMay } from '../app/me.ts'
import { useAct } from '../parts/act.tsx'
import { Copyable, useConfirm } from '../parts/controls.tsx'
import { useFormat } from '../parts/format.ts'
import { Facts, Page, Section } from '../parts/page.tsx'
import { useRowFaultText } from '../parts/problem-text.ts'
import { Answer } from '../parts/states.tsx'
import { useUserNames } from '../people/user-source.ts'
import type { Import } from './import-states.tsx'
import { ImportState, useEntities } from './import-states.tsx'
import { RefusedRows } from './refused-rows.tsx'

const keyOf = (id: string) => ['imports', 'one', id]

/** One import: live while it runs, then what became of it. */
export function ImportScreen() {
  const { t } = useTranslation()
  const { nameOf } = useEntities()
  const { id = '' } = useParams({ strict: false })
  const query = useQuery({
    queryKey: keyOf(id),
    queryFn: () => ask(api.GET('/api/v1/import/{import_id}/progress', { params: { path: { import_id: id } } })),
  })
  const one = query.data
  useLive(id, one?.status === 'processing')
  return (
    <Page
      title={one ? t('imports.one', { what: nameOf(one.entity_type) }) : t('imports.title')}
      back={{ to: '/imports', title: t('imports.title') }}
      actions={one ? <Actions one={one} /> : null}
    >
      <Answer query={query} rows={5}>
        {(found) => (
          <Stack>
            <Outcome one={found} />
            <Advance one={found} />
            {found.refused_rows_url ? <RefusedRows one={found} /> : null}
            <Details one={found} />
          </Stack>
        )}
      </Answer>
    </Page>
  )
}

/** What the server tells as it goes on; a connection that broke off is made again. */
function useLive(id: string, isRunning: boolean): void {
  const queries = useQueryClient()
  useEffect(() => {
    if (!isRunning) return
    const ending = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    const watch = async (): Promise<void> => {
      try {
        await listen(`/api/v1/import/${encodeURIComponent(id)}/live`, {
          signal: ending.signal,
          onEvent: ({ data }) => queries.setQueryData(keyOf(id), data),
        })
      } catch {
        // Asked again below: the query tells an error that stays.
      }
      if (ending.signal.aborted) return
      await queries.invalidateQueries({ queryKey: ['imports'] })
      timer = setTimeout(() => void watch(), 2000)
    }
    void watch()
    return () => {
      ending.abort()
      clearTimeout(timer)
    }
  }, [queries, id, isRunning])
}

function Actions({ one }: { one: Import }) {
  const { t } = useTranslation()
  const may = useMay()
  const confirm = useConfirm()
  const path = { import_id: one.import_id }
  const cancel = useAct({
    run: () => ask(api.POST('/api/v1/import/{import_id}/cancel', { params: { path } })),
    done: t('imports.cancelRequested'),
    refresh: [['imports']],
  })
  if (one.status !== 'processing' || !may('import:run')) return null
  return (
    <Button
      variant="default"
      c="var(--mantine-color-error)"
      disabled={one.cancel_requested}
      onClick={() =>
        confirm({
          title: t('imports.cancelTitle'),
          text: one.stop_on_error ? t('imports.cancelTextAll') : t('imports.cancelText'),
          action: t('imports.cancel'),
          run: () => cancel.mutate(),
        })
      }
    >
      {t('imports.cancel')}
    </Button>
  )
}

/** Which row it was, and why, stands below. */
const isStoppedByRow = (one: Import) => one.status === 'failed' && one.stop_on_error && one.refused_rows_url !== null

/** In the user's language; of an import that failed when it had no code the sentence that was kept, which is French. */
function useFailureText(): (one: Import) => string | null {
  const tell = useRowFaultText()
  return ({ error, error_code: code, error_parameters: parameters }) =>
    error === null ? null : tell({ message: error, parameters, ...(code === null ? {} : { code }) })
}

/** Where to look at what was imported. */
const screens: Readonly<Record<string, string>> = {
  clients: '/clients',
  customers: '/customers',
  invoices: '/invoices',
  accounting_entries: '/entries',
  profiles: '/profiles',
}

const colours = { completed: 'teal', failed: 'red', cancelled: 'gray' } as const

function Outcome({ one }: { one: Import }) {
  const { t } = useTranslation()
  const { nameOf } = useEntities()
  const { number } = useFormat()
  const tellFailure = useFailureText()
  const { status } = one
  if (status === 'processing') return <div aria-live="polite" />
  const refused = status === 'completed' ? one.rows_refused : 0
  const screen = one.rows_inserted + one.rows_updated > 0 ? screens[one.entity_type] : undefined
  const Icon = refused > 0 ? IconAlertTriangle : status === 'completed' ? IconCircleCheck : IconCircleX
  return (
    <div aria-live="polite">
      <Alert
        variant="light"
        color={refused > 0 ? 'yellow' : colours[status]}
        icon={<Icon />}
        title={
          refused > 0
            ? t('imports.endedWithRefusals', { count: refused, shown: number(refused) })
            : t(`imports.end.${status}`)
        }
      >
        {isStoppedByRow(one) ? t('imports.stopped') : tellFailure(one)}
        {screen ? (
          <Anchor component={Link} to={screen} size="sm" c="inherit" underline="always">
            {t('imports.see', { what: nameOf(one.entity_type) })}
          </Anchor>
        ) : null}
      </Alert>
    </div>
  )
}

function Advance({ one }: { one: Import }) {
  const { t } = useTranslation()
  const { number } = useFormat()
  const isRunning = one.status === 'processing'
  const figures = [
    [t('imports.read'), one.rows_read],
    [t('imports.inserted'), one.rows_inserted],
    [t('imports.updated'), one.rows_updated],
    [t('imports.unchanged'), one.rows_unchanged],
    [t('imports.refused'), one.rows_refused],
  ] as const
  return (
    <Section title={t('imports.live')}>
      <Stack>
        <Group gap="md" wrap="nowrap">
          <Progress
            value={one.percent}
            size="lg"
            flex={1}
            animated={isRunning && !one.queued}
            aria-label={t('imports.live')}
          />
          <Text fw={650} className="figure-number">
            {number(one.percent, { maximumFractionDigits: 1 })} %
          </Text>
        </Group>
        <Text size="sm" c="dimmed" mih="1.4em">
          {[
            isRunning ? t('imports.about_rows', { total: number(one.total_rows_estimated) }) : '',
            one.rows_per_second ? t('imports.rate', { rate: number(Math.round(one.rows_per_second)) }) : '',
            isRunning && one.seconds_left ? t('imports.left', { seconds: number(Math.ceil(one.seconds_left)) }) : '',
          ]
            .filter(Boolean)
            .join(' · ')}
        </Text>
        <SimpleGrid cols={{ base: 2, xs: 3, md: 5 }}>
          {figures.map(([label, value]) => (
            <Box key={label}>
              <Text size="sm" c="dimmed">
                {label}
              </Text>
              <Text fz={24} fw={650} className="figure-number">
                {number(value)}
              </Text>
            </Box>
          ))}
        </SimpleGrid>
      </Stack>
    </Section>
  )
}

function Details({ one }: { one: Import }) {
  const { t } = useTranslation()
  const nameOf = useUserNames(one.created_by ? [one.created_by] : [])
  const { moment, number } = useFormat()
  return (
    <Section title={t('imports.details')}>
      <Facts
        facts={[
          [t('common.state'), <ImportState key="state" one={one} />],
          [t('imports.template'), one.template_id],
          [t('imports.allOrNothing'), one.stop_on_error ? t('common.yes') : t('common.no')],
          [t('imports.by'), one.created_by ? nameOf(one.created_by) : null],
          [t('common.created'), moment(one.created_at)],
          [t('imports.startedAt'), moment(one.started_at)],
          [t('imports.finishedAt'), moment(one.finished_at)],
          ...(one.attempt > 1 ? [[t('imports.attempts'), number(one.attempt)] as const] : []),
          [t('imports.fingerprint'), <Copyable key="sha" value={one.file_sha256} label={t('action.copy')} />],
        ]}
      />
    </Section>
  )
}
