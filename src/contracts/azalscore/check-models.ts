/** What verifications and validations that are jobs look like alike. */
import { Type } from 'typebox'
import type { Check } from '#features/checks/index.ts'
import { checkStatuses } from '#features/checks/index.ts'
import { nullable } from '#kernel/schemas.ts'

const moment = Type.String({ format: 'date-time' })

export const jobMembers = {
  status: Type.Enum(checkStatuses),
  percent: Type.Number(),
  progress_url: Type.String(),
  failure: nullable(Type.Object({ code: Type.String(), message: Type.String() })),
  created_at: moment,
  started_at: nullable(moment),
  ended_at: nullable(moment),
}

export function presentJob(check: Check<unknown, unknown>, progressUrl: string) {
  const share = check.checked / Math.max(1, check.expected)
  return {
    status: check.status,
    percent: check.status === 'completed' ? 100 : Math.min(99.9, Math.round(share * 1000) / 10),
    progress_url: progressUrl,
    failure: check.failure,
    created_at: check.createdAt.toISOString(),
    started_at: check.startedAt?.toISOString() ?? null,
    ended_at: check.endedAt?.toISOString() ?? null,
  }
}

export const pageQuery = Type.Object({
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
  offset: Type.Optional(Type.Integer({ minimum: 0, maximum: 100_000 })),
})
const defaultListed = 20
export const pageOf = ({ limit, offset }: Type.Static<typeof pageQuery>) => ({
  limit: limit ?? defaultListed,
  offset: offset ?? 0,
})
