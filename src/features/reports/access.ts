/** Who may see which reports, and whether there is a file to see. */
import { coreError } from '#kernel/errors.ts'
import type { Actor } from '#platform/operations/actor.ts'
import { holdsPermission } from '#platform/operations/actor.ts'
import { builderOf } from './builders.ts'
import { reportError } from './errors.ts'
import type { BuilderId, Report } from './schemas.ts'

export const maySee = (actor: Actor, builder: BuilderId): boolean =>
  builderOf(builder).permissions.every((permission) => holdsPermission(actor, permission))

/** Who may have reports may not therefore see everything. @throws permission_missing */
export function mustSee(actor: Actor, builder: BuilderId): void {
  if (!maySee(actor, builder)) throw coreError('permission_missing')
}

/** @throws report_expired, report_not_ready */
export function fileOf(report: Report): string {
  if (report.status === 'expired') throw reportError('report_expired')
  if (report.status !== 'ready' || report.fileId === null) throw reportError('report_not_ready')
  return report.fileId
}
