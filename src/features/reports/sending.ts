/** Tells recipients of a report that it is there: attached, or above a size by its link. */
import { notify } from '#features/notifications/index.ts'
import { DomainError } from '#kernel/errors.ts'
import type { Tx } from '#platform/db/unit-of-work.ts'
import { contentTypeOf } from './content-types.ts'
import { periodText } from './printing.ts'
import { restoreWork, saveWork } from './report-store.ts'
import type { Report, ReportRequest } from './schemas.ts'
import { pick } from './words.ts'

/** Mail systems commonly take 10 MB, a third of which is encoding. */
export const mostAttachedBytes = 5 * 1024 * 1024

export type Sending = { report: Report; request: ReportRequest; scheduleName: string | null; url: string }

/** @returns null, or why nothing could be sent; the report is there all the same */
export async function sendReport(
  tx: Tx,
  tenantId: string,
  { report, request, scheduleName, url }: Sending,
): Promise<string | null> {
  const { language, resolved, content } = request
  const isAttached = (report.fileSize ?? 0) <= mostAttachedBytes && report.fileId !== null
  // What fails half-way must not take the report's end with it.
  await saveWork(tx)
  try {
    await notify(tx, {
      tenantId,
      recipients: report.recipients.map((email) => ({ email })),
      template: 'report_ready',
      variables: {
        report_name: scheduleName ?? pick(content.name, language),
        period: periodText(resolved.from, resolved.to, { language }),
        url,
      },
      channels: ['email'],
      dedupeKey: `report:${report.id}`,
      language,
      ...(isAttached
        ? {
            attachment: {
              file_id: report.fileId as string,
              name: report.fileName,
              content_type: contentTypeOf(report.format).split(';')[0] as string,
            },
          }
        : {}),
    })
    return null
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    await restoreWork(tx)
    return error.message
  }
}
