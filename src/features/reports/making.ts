/** The file of a report, made in the store; nothing owns it yet. */
import type { Services } from '#platform/operations/services.ts'
import { builderOf } from './builders.ts'
import type { PrintedReport } from './document.ts'
import { reportError } from './errors.ts'
import { printReport } from './printing.ts'
import { withFigures } from './reading-store.ts'
import type { Renderer } from './renderer.ts'
import { renderer as ownRenderer } from './renderer.ts'
import type { ReportRequest } from './schemas.ts'
import { csvContent, excelContent } from './sheet-file.ts'

/** Beyond it no mail system and hardly a spreadsheet takes it. */
const mostBytes = 1024 ** 3
/** Reading is so much of a document's time, in percent. */
const readShare = 60

export type Making = {
  tenantId: string
  request: ReportRequest
  now: Date
  /** Percent; what it throws ends the making. */
  onProgress: (percent: number) => Promise<void>
  renderer?: Renderer
}

/** @param services `database` is what figures are read from: the primary, or a replica of it */
export async function makeReportFile(
  services: Pick<Services, 'database' | 'files'>,
  making: Making,
): Promise<{ fileId: string; size: number }> {
  const { tenantId, request } = making
  const file = await services.files
    .write(tenantId, contentOf(services, making), {
      maxBytes: mostBytes,
      isOwn: true,
      compresses: request.format === 'csv' || request.format === 'html',
    })
    .catch((error: unknown) => {
      if ((error as { code?: unknown }).code !== 'body_too_large') throw error
      throw reportError('report_too_large', { cause: error })
    })
  return { fileId: file.id, size: file.size }
}

/** The bytes as they come. */
export async function* contentOf(
  { database }: Pick<Services, 'database'>,
  { tenantId, request, now, onProgress, renderer = ownRenderer }: Making,
): AsyncGenerator<Buffer, void, undefined> {
  const builder = builderOf(request.content.builder)
  const source = { tenantId, resolved: request.resolved }
  if (request.format === 'csv' || request.format === 'excel') {
    // How many rows there are is not known before they have come: progress nears the end without reaching it.
    let rows = 0
    const written = {
      request,
      builder,
      onRows: (count: number) => {
        rows += count
      },
    }
    const contents = request.format === 'csv' ? csvContent : excelContent
    for await (const piece of withFigures(database, source, (figures) => contents(figures, written))) {
      await onProgress(Math.floor(95 * (1 - 1 / (1 + rows / 10_000))))
      yield piece
    }
    return
  }
  const printed = withFigures(database, source, async function* (figures) {
    yield await printReport(figures, { request, builder, now }, (done, all) =>
      onProgress(Math.floor((readShare * done) / all)),
    )
  })
  // To its end: the connection goes back before the document is set, which takes longer than reading.
  let report: PrintedReport | null = null
  for await (const one of printed) report = one
  if (report) yield Buffer.from(await renderer.render(request.format, report))
}
