/** How an export is made that is too large for its request: by a job (#platform/jobs/kept-job.ts says what becomes of it). */

import type { JobKind } from '#platform/jobs/kept-job.ts'
import { endingWith, giveUpKeptJob, runKeptJob } from '#platform/jobs/kept-job.ts'
import { tenantEntrance } from '#platform/operations/in-tenant.ts'
import { defineOperation } from '#platform/operations/operation.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import type { Services } from '#platform/operations/services.ts'
import type { Progress } from './content.ts'
import { makeFile } from './making.ts'
import type { Export } from './schemas.ts'
import type { Ending } from './store.ts'
import { endExport, saveProgress, startExport } from './store.ts'

export const exportQueue = 'export'
export type ExportJob = { tenantId: string; exportId: string }

export const endExportOperation = defineOperation({
  name: 'export.end',
  summary: 'Records what became of an export that nobody has cancelled or started again meanwhile (for jobs).',
  level: 'account',
  permission: 'export:run',
  effect: 'write',
  input: endingWith<Ending>('ready', 'failed'),
  run: async ({ tx, tenantId, services, now, emit }, { id, attempt, ending }): Promise<Export | null> => {
    const ended = await endExport(tx, tenantId, { id, attempt, ending, now })
    if (!ended) return null
    if (ending.status === 'ready') {
      const { fileId, expiresAt } = ending.made
      const kept = await services.files.keep(tx, tenantId, fileId, expiresAt)
      if (!kept) throw new Error('the file of an export went before it was kept')
    }
    const data = { id, entity_type: ended.entityType, rows: ended.rowsWritten }
    emit({ type: ending.status === 'ready' ? 'export.ready' : 'export.failed', clientId: null, data })
    return ended
  },
  audit: ({ id }, ended) =>
    ended && {
      category: 'data_access',
      action: `export.${ended.status}`,
      severity: ended.status === 'failed' ? 'warning' : 'info',
      description: ended.status === 'failed' ? 'An export failed' : 'An export was made',
      target: { type: 'export', id },
      context: { entity_type: ended.entityType, rows: ended.rowsWritten, failure: ended.failure },
    },
})

const mostDetails = 100

const kind: JobKind<NonNullable<Awaited<ReturnType<typeof startExport>>>, Progress, Ending> = {
  name: 'export',
  start: startExport,
  save: saveProgress,
  end: (services, ended, call) => runForResult(services, endExportOperation, ended, call),
  failed: ({ code, message, details: all }) => {
    const details = all.slice(0, mostDetails).map((one) => ({
      message: one.message,
      ...(one.path ? { path: [...one.path] } : {}),
    }))
    return { status: 'failed', failure: code, details: details.length > 0 ? details : [{ message }] }
  },
  givenUp: {
    status: 'failed',
    failure: 'internal',
    details: [{ message: 'The export could not be made after several attempts: try again later' }],
  },
  drop: async (services, tenantId, ending) => {
    if (ending.status === 'ready') await services.files.discard(tenantId, ending.made.fileId)
  },
}

export function runExport(services: Services, { tenantId, exportId: id }: ExportJob): Promise<void> {
  return runKeptJob(services, kind, { tenantId, id }, async (started, tell): Promise<Ending> => {
    const made = await services.longReads.read('export', (database) => {
      // A second reading, from the primary, begins from nothing.
      const progress: Progress = { expected: null, written: 0 }
      const entrance = tenantEntrance(tenantId)
      const making = { tenantId, database, entrance, progress, counts: true, watch: () => tell(progress) }
      return makeFile(services, making, started.export)
    })
    return { status: 'ready', made }
  })
}

/** The queue has given up on this job. */
export function failAbandonedExport(services: Services, { tenantId, exportId: id }: ExportJob): Promise<void> {
  return giveUpKeptJob(services, kind, { tenantId, id })
}
