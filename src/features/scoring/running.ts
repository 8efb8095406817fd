/**
 * How an analysis runs. A job names it; whoever takes the job
 *
 *   1. starts it: pending or running -> running, with the next number of attempt (one statement, committed),
 *   2. judges the profile, outside of any transaction,
 *   3. ends it: running -> completed or failed, if the attempt is still its own (one statement with event and audit).
 *
 * A worker that is killed leaves it running; the queue gives the job to another one after a while, who starts it again.
 * If the first one was only slow, its attempt is no longer the last, and its end changes nothing. So every analysis ends
 * once, and one event tells of it. Analyses of one tenant that come together go through each step together.
 */
import { Type } from 'typebox'
import { jobCall } from '#platform/jobs/job-call.ts'
import type { DomainEvent } from '#platform/operations/journal.ts'
import { defineOperation } from '#platform/operations/operation.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import type { Services } from '#platform/operations/services.ts'
import { attemptsForKey, isContentLost } from '#platform/secrets/secret-box.ts'
import type { Ended, Ending } from './analysis-store.ts'
import { endAnalyses } from './analysis-store.ts'
import { openFacts } from './judged-profiles.ts'
import type { Started } from './profile-store.ts'
import { startAnalyses } from './profile-store.ts'
import { giveBackToQuotas } from './quota-store.ts'
import { analyse, hide } from './result.ts'
import type { Scorecard } from './schemas.ts'
import { pk } from './schemas.ts'
import { findActive } from './scorecard-store.ts'

export const analysisQueue = 'analysis'
/** Jobs that were tried as often as they may be. */
export const abandonedAnalysisQueue = 'analysis-abandoned'

export type AnalysisJob = { tenantId: string; analysisPk: number }

const mostAtOnce = 1000

export const startAnalysesOperation = defineOperation({
  name: 'analysis.start',
  summary: 'Marks analyses as running and gives what is to be judged (for jobs).',
  level: 'account',
  permission: 'analysis:run',
  effect: 'write',
  input: Type.Object({ pks: Type.Array(pk, { maxItems: mostAtOnce }) }),
  run: async ({ tx, tenantId, now }, { pks }): Promise<{ scorecard: Scorecard; started: Started[] }> => {
    const [scorecard, started] = await Promise.all([findActive(tx, tenantId), startAnalyses(tx, tenantId, pks, now)])
    return { scorecard, started }
  },
  // Its end is recorded.
  audit: () => null,
})

const endings = Type.Unsafe<Ending[]>(Type.Array(Type.Object({ pk }), { maxItems: mostAtOnce }))

export const endAnalysesOperation = defineOperation({
  name: 'analysis.end',
  summary: 'Records the results of analyses that nobody has ended or started again meanwhile (for jobs).',
  level: 'account',
  permission: 'analysis:run',
  effect: 'write',
  input: Type.Object({ endings }),
  run: async ({ tx, tenantId, now, emit }, input): Promise<Ended[]> => {
    const ended = await endAnalyses(tx, tenantId, input.endings, now)
    const failed = ended.filter(({ status }) => status === 'failed').map((one) => one.pk)
    await giveBackToQuotas(tx, tenantId, failed)
    for (const one of ended) emit(endingEvent(one))
    return ended
  },
  audit: (_input, ended) =>
    ended.length === 0
      ? null
      : {
          description: 'Profiles analysed',
          context: {
            completed: ended.filter(({ status }) => status === 'completed').map((one) => one.pk),
            failed: ended.filter(({ status }) => status === 'failed').map((one) => one.pk),
          },
        },
})

export function endingEvent(ended: Ended): DomainEvent {
  const { pk, profilePk, status, clientUid } = ended
  const outcome =
    status === 'completed' ? { score: ended.score, version: ended.version } : { failure: ended.failure ?? 'internal' }
  return { type: `analysis.${status}`, clientId: clientUid, data: { pk, profile: profilePk, status, ...outcome } }
}

export type JobOutcome = { id: string; status: 'completed' | 'failed' }

/** Runs these jobs. @returns what became of each; a job that failed is tried again by the queue */
export async function runAnalyses(
  services: Services,
  jobs: readonly { id: string; data: AnalysisJob }[],
): Promise<JobOutcome[]> {
  const byTenant = Map.groupBy(jobs, (job) => job.data.tenantId)
  const outcomes = await Promise.all(
    [...byTenant].map(async ([tenantId, ofTenant]): Promise<JobOutcome[]> => {
      const failed = await runOfTenant(services, tenantId, ofTenant).catch((error: unknown) => {
        services.logger.error({ err: error, queue: analysisQueue, tenant: tenantId }, 'analyses could not be run')
        return new Set(ofTenant.map((job) => job.data.analysisPk))
      })
      return ofTenant.map(({ id, data }) => ({ id, status: failed.has(data.analysisPk) ? 'failed' : 'completed' }))
    }),
  )
  return outcomes.flat()
}

/** @returns those that could not be judged, for a fault of ours */
async function runOfTenant(
  services: Services,
  tenantId: string,
  jobs: readonly { data: AnalysisJob }[],
): Promise<Set<number>> {
  const call = jobCall(tenantId, 'analysis')
  const pks = [...new Set(jobs.map((job) => job.data.analysisPk))]
  const { scorecard, started } = await runForResult(services, startAnalysesOperation, { pks }, call)
  const failed = new Set<number>()
  const results = started.flatMap((one): Ending[] => {
    try {
      return [endingOf(services, scorecard, one)]
    } catch (error) {
      if (isContentLost(error) && one.attempt >= attemptsForKey)
        return [{ pk: one.pk, attempt: one.attempt, failure: 'content_lost' }]
      services.logger.error({ err: error, queue: analysisQueue, analysis: one.pk }, 'an analysis failed')
      failed.add(one.pk)
      return []
    }
  })
  if (results.length > 0) await runForResult(services, endAnalysesOperation, { endings: results }, call)
  return failed
}

function endingOf({ secrets }: Services, { version, definition }: Scorecard, started: Started): Ending {
  const { pk: analysisPk, attempt } = started
  if (!started.isUnchanged) return { pk: analysisPk, attempt, failure: 'profile_changed' }
  const { facts, isSensitive } = openFacts(secrets, started)
  const result = analyse(definition, facts)
  const { open, hidden } = hide(definition, result, isSensitive)
  const sensitive = hidden ? secrets.encrypt(JSON.stringify(hidden)) : null
  return { pk: analysisPk, attempt, version, score: result.score, result: open, sensitive }
}

/** The queue has given up on these jobs: their analyses have failed, if they have not ended after all. */
export async function failAbandonedAnalyses(services: Services, jobs: readonly { data: AnalysisJob }[]): Promise<void> {
  for (const [tenantId, ofTenant] of Map.groupBy(jobs, (job) => job.data.tenantId)) {
    const abandoned = ofTenant.map(({ data }): Ending => ({ pk: data.analysisPk, attempt: null, failure: 'internal' }))
    await runForResult(services, endAnalysesOperation, { endings: abandoned }, jobCall(tenantId, 'analysis'))
  }
}
