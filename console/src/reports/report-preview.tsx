import { Button, Group, Stack, Text } from '@mantine/core'
import { IconEye } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { Problem } from '../api/problem.ts'
import type { Paths } from '../api/schema.ts'
import { useMay } from '../app/me.ts'
import { useAct } from '../parts/act.tsx'
import { Failure } from '../parts/states.tsx'
import { pageOf, ReportFrame } from './report-frame.tsx'

/** A template by its name, or as it would be saved. */
export type PreviewRequest = Paths['/api/v1/reports/preview']['post']['requestBody']['content']['application/json']

const pause = (ms: number) =>
  new Promise<void>((resolve) => {
    setTimeout(resolve, ms)
  })

/** Has the report made as a web page that goes by itself, and waits for it. @throws Problem */
async function preview(body: PreviewRequest): Promise<string> {
  const { report_id } = await ask(api.POST('/api/v1/reports/preview', { body }))
  for (let wait = 200; ; wait = Math.min(2000, wait * 1.5)) {
    await pause(wait)
    const report = await ask(api.GET('/api/v1/reports/{report_id}', { params: { path: { report_id } } }))
    if (report.status === 'ready') return pageOf(report_id)
    if (report.status !== 'generating') {
      const message = report.failure?.details?.[0]?.message ?? report.failure?.code ?? report.status
      throw new Problem(409, { code: report.failure?.code ?? 'report_failed', message, faults: [] })
    }
  }
}

const hasFaults = (error: Error | null): error is Problem => error instanceof Problem && error.faults.length > 0

type Given = {
  /** null: there is nothing to show yet. */
  request: PreviewRequest | null
  /** Is told what the server says against it, and null when a new one is asked for; else it is told here. */
  onRefused?: (error: Problem | null) => void
}

/** What the report would look like, before it is made in the format that is wanted. */
export function ReportPreview({ request, onRefused }: Given) {
  const { t } = useTranslation()
  const may = useMay()
  const act = useAct({ run: preview, silent: true })
  if (!may('report:generate') || !may('report:download')) return null
  const isTold = onRefused !== undefined && hasFaults(act.error)
  const show = () => {
    if (!request) return
    onRefused?.(null)
    act.mutate(request, { onError: (error) => hasFaults(error) && onRefused?.(error) })
  }
  return (
    <Stack gap="xs" aria-live="polite">
      <Group gap="sm">
        <Button
          variant="default"
          leftSection={<IconEye size={18} />}
          loading={act.isPending}
          disabled={request === null}
          onClick={show}
        >
          {t('reports.preview')}
        </Button>
        <Text size="xs" c="dimmed">
          {t('reports.previewAbout')}
        </Text>
      </Group>
      {act.error && !isTold ? <Failure error={act.error} /> : null}
      {act.data && !act.isPending ? <ReportFrame html={act.data} title={t('reports.preview')} /> : null}
    </Stack>
  )
}
