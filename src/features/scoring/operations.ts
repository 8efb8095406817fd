import { Type } from 'typebox'
import { currentCatalogue } from '#features/profiles/index.ts'
import { coreError } from '#kernel/errors.ts'
import { nullable } from '#kernel/schemas.ts'
import { holdsPermission } from '#platform/operations/actor.ts'
import type { OperationContext } from '#platform/operations/operation.ts'
import { defineOperation } from '#platform/operations/operation.ts'
import type { SecretBox } from '#platform/secrets/secret-box.ts'
import { isContentLost } from '#platform/secrets/secret-box.ts'
import type { AnalysisFilter } from './analysis-store.ts'
import * as store from './analysis-store.ts'
import { definitionOf } from './definitions.ts'
import type { AnalysisDetails } from './details.ts'
import { detailsOf } from './details.ts'
import { scoringError } from './errors.ts'
import type { Explanation } from './explanation.ts'
import { explain } from './explanation.ts'
import { giveBackToQuotas, takeFromQuota } from './quota-store.ts'
import type { HiddenValues, OpenResult } from './result.ts'
import { reveal } from './result.ts'
import type { AnalysisJob } from './running.ts'
import { analysisQueue, endingEvent } from './running.ts'
import type { AnalysisFailure, AnalysisStatus, StoredAnalysis } from './schemas.ts'
import { analysisStatuses, pk, scope } from './schemas.ts'

export const requestAnalysis = defineOperation({
  name: 'analysis.request',
  summary:
    'Asks for the analysis of a submitted profile; while one of the same submission is under way, it is that one.',
  level: 'client',
  permission: 'analysis:request',
  effect: 'write',
  input: Type.Object({ clientUid: scope, profilePk: pk }),
  client: (input) => input.clientUid ?? '',
  run: async (context, input) => {
    const { tx, tenantId, now, services, emit } = context
    const { profilePk } = input
    // Together in one round trip, one after the other: the second sees what was committed while the first waited.
    const [profile, open] = await Promise.all([
      store.lockProfileForRequest(tx, tenantId, profilePk),
      store.findOpenAnalysis(tx, tenantId, profilePk),
    ])
    if (!profile) throw scoringError('analysis_profile_not_found')
    const { clientUid } = profile
    if (input.clientUid !== null && clientUid !== input.clientUid) throw coreError('other_client')
    if (!profile.clientIsActive) throw coreError('client_inactive')
    if (profile.status !== 'complete') throw scoringError('profile_not_submitted')
    if (open?.isOfThisState) return { pk: open.pk, profilePk, status: open.status, isNew: false }
    if (open) await supersede(context, open.pk)
    const [isWithinQuota, analysisPk] = await Promise.all([
      takeFromQuota(tx, tenantId, clientUid),
      store.insertAnalysis(tx, tenantId, { clientUid, profilePk, now }),
    ])
    if (!isWithinQuota) throw scoringError('analysis_quota_exhausted')
    await services.jobs.enqueue(tx, analysisQueue, { tenantId, analysisPk } satisfies AnalysisJob)
    const status: AnalysisStatus = 'pending'
    emit({ type: 'analysis.requested', clientId: clientUid, data: { pk: analysisPk, profile: profilePk, status } })
    return { pk: analysisPk, profilePk, status, isNew: true }
  },
  audit: (input, result) => ({
    description: result.isNew ? 'Analysis requested' : 'Analysis requested while it was under way',
    target: { type: 'analysis', id: String(result.pk) },
    context: { profile: input.profilePk },
  }),
})

/** One of an earlier submission judges what is no longer there. */
async function supersede({ tx, tenantId, now, emit }: OperationContext, analysisPk: number): Promise<void> {
  const ending = { pk: analysisPk, attempt: null, failure: 'profile_changed' } as const
  const ended = await store.endAnalyses(tx, tenantId, [ending], now)
  await giveBackToQuotas(
    tx,
    tenantId,
    ended.map((one) => one.pk),
  )
  for (const one of ended) emit(endingEvent(one))
}

export type AnalysisView = {
  pk: number
  clientUid: string
  profilePk: number
  status: AnalysisStatus
  score: number | null
  version: number | null
  details: AnalysisDetails | null
  failure: AnalysisFailure | null
  createdAt: Date
  completedAt: Date | null
  /** The rules and figures whose sensitive values the reader sees. */
  shown: string[]
}

/** As the reader may see it. */
export async function toAnalysisView(
  context: OperationContext,
  stored: StoredAnalysis,
  maySeeSensitive = holdsPermission(context.actor, 'profile:view-sensitive'),
): Promise<AnalysisView> {
  const { pk: analysisPk, clientUid, profilePk, status, score, failure, createdAt, completedAt } = stored
  const { result, shown } = maySeeSensitive ? revealed(context, stored) : { result: stored.result, shown: [] }
  const version = stored.scorecardVersion
  const details = result && version !== null ? await describe(context, version, result) : null
  const facts = { pk: analysisPk, clientUid, profilePk, status, score, version, failure, createdAt, completedAt }
  return { ...facts, details, shown }
}

async function describe(context: OperationContext, version: number, result: OpenResult): Promise<AnalysisDetails> {
  // Issued together they share a round trip.
  const [scorecard, catalogue] = await Promise.all([definitionOf(context, version), currentCatalogue(context)])
  const named = new Map(catalogue.definition.attributes.map((one) => [one.name, one.displayedName]))
  return detailsOf(scorecard, result, named)
}

function revealed(
  { services }: OperationContext,
  { result, sensitiveCiphertext }: StoredAnalysis,
): { result: OpenResult | null; shown: string[] } {
  if (!result || sensitiveCiphertext === null) return { result, shown: [] }
  const hidden = openHidden(services.secrets, sensitiveCiphertext)
  if (hidden === null) return { result, shown: [] }
  return { result: reveal(result, hidden), shown: [...result.hidden.rules, ...result.hidden.figures] }
}

/** null: their key is lost. They stay hidden; nobody gave them, and another analysis makes them anew. */
function openHidden(secrets: SecretBox, ciphertext: string): HiddenValues | null {
  try {
    return JSON.parse(secrets.decrypt(ciphertext).toString('utf8')) as HiddenValues
  } catch (error) {
    if (!isContentLost(error)) throw error
    return null
  }
}

async function viewOwn(
  context: OperationContext,
  input: { clientUid: string | null; pk: number },
): Promise<AnalysisView> {
  const stored = await store.findAnalysis(context.tx, context.tenantId, input.pk)
  if (!stored) throw scoringError('analysis_not_found')
  if (input.clientUid !== null && stored.clientUid !== input.clientUid) throw coreError('other_client')
  return toAnalysisView(context, stored)
}

/** The event of a read that showed sensitive values; null where it showed none. */
export function sensitiveRead(target: { type: string; id: string }, shown: readonly string[]) {
  if (shown.length === 0) return null
  return {
    category: 'data_access',
    action: 'analysis.view-sensitive',
    description: 'Sensitive values in an analysis shown',
    target,
    context: { shown },
  } as const
}

const ofAnalysis = Type.Object({ clientUid: scope, pk })

export const viewAnalysis = defineOperation({
  name: 'analysis.view',
  summary: 'Shows an analysis: its state, then score and reasons.',
  level: 'client',
  permission: 'analysis:view',
  effect: 'read',
  input: ofAnalysis,
  client: (input) => input.clientUid ?? '',
  run: (context, input) => viewOwn(context, input),
  audit: (input, { shown }) => sensitiveRead({ type: 'analysis', id: String(input.pk) }, shown),
})

export const explainAnalysis = defineOperation({
  name: 'analysis.explain',
  summary: 'Explains the score of an analysis in blocks of text, in French or English.',
  level: 'client',
  permission: 'analysis:view',
  effect: 'read',
  input: Type.Object({ ...ofAnalysis.properties, language: Type.Enum(['fr', 'en']) }),
  client: (input) => input.clientUid ?? '',
  run: async (context, input): Promise<{ explanation: Explanation; shown: string[] }> => {
    const { score, version, details, shown } = await viewOwn(context, input)
    if (score === null || version === null || !details) throw scoringError('analysis_not_completed')
    return { explanation: explain({ score, version, details }, input.language), shown }
  },
  audit: (input, { shown }) => sensitiveRead({ type: 'analysis', id: String(input.pk) }, shown),
})

/** The furthest that a list can be paged: what is behind costs ever more, and nobody reads it page by page. */
const furthest = 10_000

export const listAnalyses = defineOperation({
  name: 'analysis.list',
  summary: 'Lists analyses, newest first, without details.',
  level: 'client',
  permission: 'analysis:view',
  effect: 'read',
  input: Type.Object({
    clientUid: scope,
    status: Type.Optional(nullable(Type.Enum(analysisStatuses))),
    profilePk: Type.Optional(nullable(pk)),
    page: Type.Integer({ minimum: 1, maximum: furthest }),
    limit: Type.Integer({ minimum: 1, maximum: 100 }),
  }),
  client: (input) => input.clientUid ?? '',
  run: async ({ tx, tenantId }, { clientUid, status, profilePk, page, limit }) => {
    if (page * limit > furthest) throw scoringError('analysis_page_too_far')
    const filter: AnalysisFilter = { clientUid, status: status ?? null, profilePk: profilePk ?? null }
    const found = await store.listAnalyses(tx, tenantId, filter, { limit, offset: (page - 1) * limit })
    return { ...found, page, limit }
  },
})
