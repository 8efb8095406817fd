import { Button, Group, Stack, Text } from '@mantine/core'
import { IconEye } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { Problem } from '../api/problem.ts'
import { useMay } from '../app/me.ts'
import { useAct } from '../parts/act.tsx'
import { Failure } from '../parts/states.tsx'
import type { Choice } from './report-choice.tsx'
import { requestOf } from './report-choice.tsx'
import { pageOf, ReportFrame } from './report-frame.tsx'

const pause = (ms: number) =>
  new Promise<void>((resolve) => {
    setTimeout(resolve, ms)
  })

/** Has the report made as a web page, and waits for it. @throws Problem */
async function preview(choice: Choice): Promise<string> {
  const { report_id } = await ask(
    api.POST('/api/v1/reports/generate', { body: { ...requestOf(choice), format: 'html' } }),
  )
  for (let wait = 200; ; wait = Math.min(2000, wait * 1.5)) {
    await pause(wait)
    const report = await ask(api.GET('/api/v1/reports/{report_id}', { params: { path: { report_id } } }))
    if (report.status === 'ready') return pageOf(report_id)
    if (report.status !== 'generating') {
      const message = report.failure?.details?.[0]?.message ?? report.failure?.code ?? report.status
      throw new Problem(409, { code: 'report_failed', message, faults: [] })
    }
  }
}

/** What the report would look like, before it is made in the format that is wanted. */
export function ReportPreview({ choice }: { choice: Choice }) {
  const { t } = useTranslation()
  const may = useMay()
  const act = useAct({ run: preview, refresh: [['reports']], silent: true })
  if (!may('report:generate') || !may('report:download')) return null
  return (
    <Stack gap="xs" aria-live="polite">
      <Group gap="sm">
        <Button
          variant="default"
          leftSection={<IconEye size={18} />}
          loading={act.isPending}
          disabled={choice.template === null}
          onClick={() => act.mutate(choice)}
        >
          {t('reports.preview')}
        </Button>
        <Text size="xs" c="dimmed">
          {t('reports.previewAbout')}
        </Text>
      </Group>
      {act.error ? <Failure error={act.error} /> : null}
      {act.data && !act.isPending ? <ReportFrame html={act.data} title={t('reports.preview')} /> : null}
    </Stack>
  )
}
