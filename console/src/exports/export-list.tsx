import { Button, Group, Progress, Text } from '@mantine/core'
import { IconDownload } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask, download } from '../api/client.ts'
import type { Paths } from '../api/schema.ts'
import { useSearchState } from '../app/location.ts'
import { useMay } from '../app/me.ts'
import { useEntities } from '../imports/import-states.tsx'
import { useAct } from '../parts/act.tsx'
import type { Tone } from '../parts/controls.tsx'
import { State, useConfirm } from '../parts/controls.tsx'
import { useFormat } from '../parts/format.ts'
import { Listing, NextPage } from '../parts/listing.tsx'
import { useCodeText } from '../parts/problem-text.ts'
import { Answer } from '../parts/states.tsx'

export type Export = Paths['/api/v1/export/{export_id}']['get']['responses'][200]['content']['application/json']
const size = 25

const tones: Record<Export['status'], Tone> = {
  pending: 'waiting',
  running: 'waiting',
  ready: 'good',
  failed: 'bad',
  cancelled: 'plain',
  expired: 'plain',
}

export const isUnderWay = ({ status }: Export) => status === 'pending' || status === 'running'

/** Exports with what can be done with each; those under way move. */
export function ExportList({ only, empty }: { only?: 'fec'; empty: ReactNode }) {
  const { t } = useTranslation()
  const { moment, number } = useFormat()
  const { nameOf } = useEntities()
  const [search] = useSearchState()
  const page = Math.max(1, Number(search.page ?? 1) || 1)
  const query = useQuery({
    queryKey: ['exports', only ?? 'all', page],
    queryFn: () => {
      const given = { ...(only ? { entity_type: only } : {}), limit: size, offset: (page - 1) * size }
      return ask(api.GET('/api/v1/export', { params: { query: given } }))
    },
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => (state.data?.exports.some(isUnderWay) ? 1500 : false),
  })
  return (
    <Answer query={query}>
      {({ exports, has_more }) => (
        <>
          <Listing
            label={t('exports.title')}
            rows={exports}
            keyOf={(one) => one.export_id}
            empty={empty}
            columns={[
              {
                label: t('exports.file'),
                cell: (one) => (
                  <Text size="sm" fw={550} span>
                    {one.file_name}
                  </Text>
                ),
              },
              { label: t('exports.entity'), cell: (one) => <span className="whole">{nameOf(one.entity_type)}</span> },
              { label: t('common.created'), cell: (one) => moment(one.created_at) },
              { label: t('common.state'), cell: (one) => <ExportState one={one} /> },
              { label: t('exports.rows'), cell: (one) => number(one.rows_written), atEnd: true },
              {
                label: t('exports.size'),
                cell: (one) => <ExportSize one={one} />,
                atEnd: true,
              },
              { label: t('common.actions'), cell: (one) => <ExportActions one={one} /> },
            ]}
          />
          <NextPage next={has_more ? String(page + 1) : null} name="page" />
        </>
      )}
    </Answer>
  )
}

export function ExportState({ one }: { one: Export }) {
  const { t } = useTranslation()
  const tellCode = useCodeText()
  const { moment } = useFormat()
  if (one.status === 'running' && one.rows_expected) {
    const percent = Math.min(100, (one.rows_written / one.rows_expected) * 100)
    return <Progress value={percent} miw={110} aria-label={t('exports.running')} />
  }
  return (
    <div>
      <State tone={tones[one.status]}>{t(`exports.${one.status}`)}</State>
      {one.status === 'ready' && one.expires_at ? (
        <Text size="xs" c="dimmed">
          {t('exports.until', { moment: moment(one.expires_at) })}
        </Text>
      ) : null}
      {one.failure ? (
        <Text size="xs">
          {one.failure.code === 'internal' ? t('exports.notMade') : tellCode(one.failure.code, t('exports.notMade'))}
        </Text>
      ) : null}
    </div>
  )
}

export function ExportSize({ one }: { one: Export }) {
  return (
    <span className="whole">
      <Size bytes={one.file_size} />
    </span>
  )
}

function Size({ bytes }: { bytes: number | null }) {
  const { t } = useTranslation()
  const { number } = useFormat()
  if (bytes === null) return '—'
  if (bytes < 1024) return `${number(bytes)} ${t('exports.bytes')}`
  const kilobytes = bytes / 1024
  return kilobytes < 1024
    ? `${number(Math.round(kilobytes))} ${t('exports.kilobytes')}`
    : `${number(kilobytes / 1024, { maximumFractionDigits: 1 })} ${t('exports.megabytes')}`
}

export function ExportActions({ one }: { one: Export }) {
  const { t } = useTranslation()
  const may = useMay()
  const confirm = useConfirm()
  const save = useAct({ run: (url: string) => download(url, one.file_name) })
  const cancel = useAct({
    run: () => ask(api.POST('/api/v1/export/{export_id}/cancel', { params: { path: { export_id: one.export_id } } })),
    done: t('exports.wasCancelled'),
    refresh: [['exports']],
  })
  const url = one.download_url
  return (
    <Group gap={4}>
      {url && may('export:download') ? (
        <Button
          size="compact-sm"
          variant="light"
          leftSection={<IconDownload size={16} />}
          loading={save.isPending}
          onClick={() => save.mutate(url)}
          aria-label={t('exports.downloadOf', { name: one.file_name })}
        >
          {t('action.download')}
        </Button>
      ) : null}
      {isUnderWay(one) && may('export:cancel') ? (
        <Button
          size="compact-sm"
          variant="subtle"
          color="red"
          aria-label={t('exports.cancelOf', { name: one.file_name })}
          onClick={() =>
            confirm({
              title: t('exports.cancelTitle'),
              text: t('exports.cancelText'),
              action: t('exports.cancel'),
              run: () => cancel.mutate(),
            })
          }
        >
          {t('exports.cancel')}
        </Button>
      ) : null}
    </Group>
  )
}
