import { Type } from 'typebox'
import { nullable, uuid } from '#kernel/schemas.ts'
import type { OpenResult } from './result.ts'
import type { ScorecardDefinition } from './scorecard.ts'

export const analysisStatuses = ['pending', 'running', 'completed', 'failed'] as const
export type AnalysisStatus = (typeof analysisStatuses)[number]

/** profile_changed: the profile is no longer as it was submitted. content_lost: its sensitive values do not open. internal: our fault; it was tried several times. */
export type AnalysisFailure = 'profile_changed' | 'content_lost' | 'internal'

/** What is stored; `result` without the values of sensitive attributes. */
export type StoredAnalysis = {
  pk: number
  clientUid: string
  profilePk: number
  status: AnalysisStatus
  scorecardVersion: number | null
  score: number | null
  result: OpenResult | null
  sensitiveCiphertext: string | null
  failure: AnalysisFailure | null
  createdAt: Date
  startedAt: Date | null
  completedAt: Date | null
}

export type ScorecardStatus = 'draft' | 'active' | 'retired'

export type Scorecard = {
  version: number
  status: ScorecardStatus
  isBuiltIn: boolean
  definition: ScorecardDefinition
  createdAt: Date | null
  updatedAt: Date | null
  activatedAt: Date | null
  retiredAt: Date | null
}

/** null: no limit. Months are those of UTC. */
export type Quota = {
  perMonth: number | null
  inTotal: number | null
  usedInMonth: number
  usedInTotal: number
}

export const pk = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })
/** The caller's own client; null at account level: any of the tenant's. */
export const scope = nullable(uuid)
export const version = Type.Integer({ minimum: 1, maximum: 2_147_483_647 })
