/** Analyses on the wire. */
import { Type } from 'typebox'
import type { AnalysisDetails, AnalysisView, Reason, StoredAnalysis } from '#features/scoring/index.ts'
import { analysisStatuses, bilingual } from '#features/scoring/index.ts'
import { nullable, uuid } from '#kernel/schemas.ts'
import { moment } from './envelope.ts'

export const status = Type.Enum(analysisStatuses)
const instant = Type.String({ format: 'date-time' })
const value = Type.Union([Type.Number(), Type.Array(Type.String()), Type.Null()])

const ReasonModel = Type.Object({
  rule: Type.String(),
  topic: Type.String(),
  title: bilingual,
  points: Type.Integer(),
  maximum: Type.Integer({ description: 'The most that the rule could have given' }),
  ceiling: nullable(Type.Integer({ description: 'The score does not exceed it for this reason' })),
  value,
  hidden: Type.Boolean({ description: 'The value is sensitive and not shown to this caller' }),
  text: bilingual,
})
const Stability = Type.Object({
  points: Type.Integer(),
  maximum: Type.Integer(),
  values: Type.Record(Type.String(), value),
})
const Details = Type.Object({
  base: Type.Integer({ description: 'Points that every profile starts with' }),
  reasons: Type.Array(ReasonModel),
  debtRatio: nullable(Type.Number()),
  debtRatioLimit: Type.Number(),
  aboveDebtRatioLimit: nullable(Type.Boolean()),
  leftToLiveOn: nullable(Type.Number({ description: 'Euros a month' })),
  leftToLiveOnPerPerson: nullable(Type.Number({ description: 'Euros a month' })),
  stability: Type.Object({ work: Stability, housing: Stability }),
  documents: Type.Object({
    provided: Type.Array(Type.String()),
    missing: Type.Array(Type.String()),
    complete: Type.Boolean(),
  }),
  grade: bilingual,
})

const outcome = {
  score: nullable(Type.Integer()),
  status,
  version: nullable(Type.Integer({ description: 'Of the scorecard' })),
}
export const LastAnalysis = Type.Object({ pk: Type.Integer(), ...outcome, details: nullable(Details) })

const summaryFields = {
  pk: Type.Integer(),
  profile: Type.Integer(),
  client_uid: uuid,
  ...outcome,
  failure: nullable(Type.String({ description: 'profile_changed, content_lost, or internal' })),
  createdAt: instant,
  completedAt: nullable(instant),
}
export const AnalysisSummary = Type.Object(summaryFields)
export const AnalysisModel = Type.Object({ ...summaryFields, details: nullable(Details) })

function toReason({ isHidden, ...reason }: Reason) {
  return { ...reason, hidden: isHidden }
}

function toDetails(details: AnalysisDetails) {
  const { isAboveDebtRatioLimit, documents, reasons, ...others } = details
  const { isComplete, ...named } = documents
  return {
    ...others,
    reasons: reasons.map(toReason),
    aboveDebtRatioLimit: isAboveDebtRatioLimit,
    documents: { ...named, complete: isComplete },
  }
}

const orNull = (date: Date | null) => (date ? moment(date) : null)

export function toAnalysisSummary(
  analysis: Omit<AnalysisView, 'details' | 'shown'> | (StoredAnalysis & { version?: undefined }),
) {
  const { pk, profilePk, clientUid, score, failure, createdAt, completedAt } = analysis
  const version = 'scorecardVersion' in analysis ? analysis.scorecardVersion : analysis.version
  return {
    pk,
    profile: profilePk,
    client_uid: clientUid,
    score,
    status: analysis.status,
    version,
    failure,
    createdAt: moment(createdAt),
    completedAt: orNull(completedAt),
  }
}

export function toAnalysis(view: AnalysisView) {
  return { ...toAnalysisSummary(view), details: view.details && toDetails(view.details) }
}

/** As the profile's answer holds it. */
export function toLastAnalysis({ pk, score, status: state, details, version }: AnalysisView) {
  return { pk, score, status: state, details: details && toDetails(details), version }
}
