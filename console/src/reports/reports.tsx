import { Box, Button, Group, Progress, Text } from '@mantine/core'
import { IconDownload, IconEye, IconPlus } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask, download } from '../api/client.ts'
import type { Paths } from '../api/schema.ts'
import { useSearchState } from '../app/location.ts'
import { useMay } from '../app/me.ts'
import { useAct } from '../parts/act.tsx'
import type { Tone } from '../parts/controls.tsx'
import { EndButton, State } from '../parts/controls.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { useFormat } from '../parts/format.ts'
import { Listing, NextPage } from '../parts/listing.tsx'
import { Page } from '../parts/page.tsx'
import { useCodeText } from '../parts/problem-text.ts'
import { Answer, Empty } from '../parts/states.tsx'
import { previewOf, ReportChoice, requestOf, useFirstChoice, useTemplateName, useTemplates } from './report-choice.tsx'
import { pageOf, ReportFrame } from './report-frame.tsx'
import { ReportPreview } from './report-preview.tsx'

type Report = Paths['/api/v1/reports/{report_id}']['get']['responses'][200]['content']['application/json']

const size = 25
const refresh = [['reports']]
const tones: Record<Report['status'], Tone> = {
  generating: 'waiting',
  ready: 'good',
  failed: 'bad',
  cancelled: 'plain',
  expired: 'plain',
}

/** Reports that were asked for; those under way move. */
export function Reports() {
  const { t } = useTranslation()
  const { moment } = useFormat()
  const may = useMay()
  const nameOf = useTemplateName()
  const templates = useTemplates()
  const [search] = useSearchState()
  const [creating, setCreating] = useState(false)
  const page = Math.max(1, Number(search.page ?? 1) || 1)
  const query = useQuery({
    queryKey: ['reports', page],
    queryFn: () => {
      const given = { limit: size, offset: (page - 1) * size }
      return ask(api.GET('/api/v1/reports', { params: { query: given } }))
    },
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => (state.data?.reports.some((one) => one.status === 'generating') ? 1500 : false),
  })
  const create = may('report:generate') ? (
    <Button leftSection={<IconPlus size={18} />} onClick={() => setCreating(true)}>
      {t('reports.create')}
    </Button>
  ) : null
  const titleOf = (id: string) => nameOf(templates.data?.templates.find((one) => one.id === id)?.name, id)
  return (
    <Page
      title={t('reports.title')}
      about={t('reports.about')}
      actions={
        <>
          <Button variant="default" component={Link} to="/reports/schedules">
            {t('schedules.title')}
          </Button>
          <Button variant="default" component={Link} to="/reports/templates">
            {t('reportTemplates.title')}
          </Button>
          {create}
        </>
      }
    >
      <Answer query={query}>
        {({ reports, has_more }) => (
          <>
            <Listing
              label={t('reports.title')}
              rows={reports}
              keyOf={(one) => one.report_id}
              empty={
                <Empty title={t('reports.none')} action={create}>
                  {t('reports.noneMore')}
                </Empty>
              }
              columns={[
                { label: t('reports.report'), cell: (one) => titleOf(one.template_id) },
                { label: t('reports.format'), cell: (one) => t(`reports.formats.${one.format}`) },
                { label: t('common.created'), cell: (one) => moment(one.created_at) },
                { label: t('common.state'), cell: (one) => <ReportState report={one} /> },
                { label: t('reports.until'), cell: (one) => moment(one.expires_at) },
                { label: t('common.actions'), cell: (one) => <Actions report={one} /> },
              ]}
            />
            <NextPage next={has_more ? String(page + 1) : null} name="page" />
          </>
        )}
      </Answer>
      {creating ? <Create onClose={() => setCreating(false)} /> : null}
    </Page>
  )
}

function ReportState({ report }: { report: Report }) {
  const { t } = useTranslation()
  const { number } = useFormat()
  const tellCode = useCodeText()
  const { failure } = report
  if (report.status === 'generating') {
    return (
      <Group gap="xs" wrap="nowrap" miw={130}>
        <Progress value={report.progress} flex={1} aria-label={t('reports.generating')} />
        <Text size="xs" className="figure-number">
          {number(report.progress)} %
        </Text>
      </Group>
    )
  }
  return (
    <>
      <State tone={tones[report.status]}>{t(`reports.${report.status}`)}</State>
      {failure ? <Text size="xs">{tellCode(failure.code, failure.details[0]?.message ?? failure.code)}</Text> : null}
    </>
  )
}

function Actions({ report }: { report: Report }) {
  const { t } = useTranslation()
  const may = useMay()
  const params = { params: { path: { report_id: report.report_id } } }
  const fetchFile = useAct({
    run: () => download(`/api/v1/reports/${report.report_id}/download`, report.file_name),
  })
  const cancel = useAct({
    run: () => ask(api.POST('/api/v1/reports/{report_id}/cancel', params)),
    done: t('reports.cancelDone'),
    refresh,
  })
  const remove = useAct({
    run: () => ask(api.DELETE('/api/v1/reports/{report_id}', params)),
    done: t('reports.removed'),
    refresh,
  })
  const show = useAct({ run: () => pageOf(report.report_id) })
  return (
    <Group gap="xs" justify="flex-end" wrap="nowrap">
      {report.status === 'ready' && report.format === 'html' && may('report:download') ? (
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<IconEye size={16} />}
          loading={show.isPending}
          onClick={() => show.mutate()}
          aria-label={t('reports.showOf', { name: report.file_name })}
        >
          {t('action.show')}
        </Button>
      ) : null}
      {show.data ? (
        <Dialog opened onClose={show.reset} title={report.file_name} size="xl">
          <ReportFrame html={show.data} title={report.file_name} />
        </Dialog>
      ) : null}
      {report.status === 'ready' && may('report:download') ? (
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<IconDownload size={16} />}
          loading={fetchFile.isPending}
          onClick={() => fetchFile.mutate()}
          aria-label={t('reports.downloadOf', { name: report.file_name })}
        >
          {t('action.download')}
        </Button>
      ) : null}
      {report.status === 'generating' && may('report:generate') ? (
        <EndButton
          label={t('reports.cancel')}
          title={t('reports.cancelTitle')}
          text={t('reports.cancelText')}
          run={() => cancel.mutate()}
        />
      ) : null}
      {report.status === 'ready' && may('report:generate') ? (
        <EndButton
          label={t('reports.remove')}
          title={t('reports.removeTitle')}
          text={t('reports.removeText')}
          run={() => remove.mutate()}
        />
      ) : null}
    </Group>
  )
}

function Create({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation()
  const templates = useTemplates()
  const [choice, setChoice] = useState(useFirstChoice())
  const act = useAct({
    run: () => ask(api.POST('/api/v1/reports/generate', { body: requestOf(choice) })),
    done: t('reports.asked'),
    refresh,
    onDone: onClose,
  })
  return (
    <Dialog opened onClose={onClose} title={t('reports.create')} size="xl">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          act.mutate()
        }}
      >
        <Answer query={templates} rows={3}>
          {(found) => <ReportChoice templates={found.templates} choice={choice} onChange={setChoice} />}
        </Answer>
        <Box mt="md">
          <ReportPreview request={previewOf(choice)} />
        </Box>
        <Group justify="flex-end" mt="md">
          <Button variant="default" onClick={onClose}>
            {t('action.cancel')}
          </Button>
          <Button type="submit" loading={act.isPending} disabled={choice.template === null}>
            {t('reports.make')}
          </Button>
        </Group>
      </form>
    </Dialog>
  )
}
