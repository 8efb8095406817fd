/** Tells recipients of a report that it is there: attached, or above a size by its link. Or that it could not be made. */
import { notify } from '#features/notifications/index.ts'
import { addressesOf } from '#features/users/index.ts'
import { DomainError } from '#kernel/errors.ts'
import type { Tx } from '#platform/db/unit-of-work.ts'
import type { Services } from '#platform/operations/services.ts'
import { contentTypeOf } from './content-types.ts'
import { periodText } from './printing.ts'
import { restoreWork, saveWork } from './report-store.ts'
import type { Language, Report, ReportRequest } from './schemas.ts'
import { pick } from './words.ts'

/** Mail systems commonly take 10 MB, a third of which is encoding. */
export const mostAttachedBytes = 5 * 1024 * 1024

export type Sending = { report: Report; request: ReportRequest; scheduleName: string | null; url: string; now: Date }

/** @returns null, or why nothing could be sent; the report is there all the same */
export async function sendReport(
  tx: Tx,
  tenantId: string,
  { report, request, scheduleName, url, now }: Sending,
): Promise<string | null> {
  const { language, resolved, content } = request
  const isAttached = (report.fileSize ?? 0) <= mostAttachedBytes && report.fileId !== null
  // What fails half-way must not take the report's end with it.
  await saveWork(tx)
  try {
    await notify(tx, {
      tenantId,
      now,
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

/** Where people see the schedules and what became of them. */
export function schedulesPage({ settings }: Pick<Services, 'settings'>): string {
  return `${settings.publicUrl}/console/reports/schedules`
}

export type FailedRun = {
  schedule: { name: string; language: Language; recipients: readonly string[]; ownerId: string | null }
  reason: string
  /** Where people see more of it. */
  url: string
  /** Of this failure: it is told once, however often it is recorded. */
  key: string
  now: Date
}

/**
 * Tells recipients of a schedule, and whoever made it, that its report could not be made: by e-mail, users also in their
 * list. Where nobody of them is there any more, the tenant's owners.
 */
export async function tellFailedRun(tx: Tx, tenantId: string, run: FailedRun): Promise<void> {
  const { schedule } = run
  const owner = await addressesOf(tx, tenantId, schedule.ownerId === null ? [] : [schedule.ownerId])
  const emails = [...new Set([...schedule.recipients, ...owner])]
  await saveWork(tx)
  try {
    await notify(tx, {
      tenantId,
      now: run.now,
      recipients: emails.length > 0 ? emails.map((email) => ({ email })) : [{ role: 'owner' }],
      template: 'report_failed',
      variables: { report_name: schedule.name, reason: run.reason, url: run.url },
      channels: ['email', 'in_app'],
      dedupeKey: `report-failed:${run.key}`,
      language: schedule.language,
    })
  } catch (error) {
    // The failure is recorded all the same: with the report, the schedule, and in the audit log.
    if (!(error instanceof DomainError)) throw error
    await restoreWork(tx)
  }
}
