/**
 * Profiles with their last analysis. Analyses know profiles, not the other way round; so the operations of profiles that
 * show one are completed here, and routes serve these.
 */
import type { Static, TSchema } from 'typebox'
import { updateProfile, viewProfile } from '#features/profiles/index.ts'
import { holdsPermission } from '#platform/operations/actor.ts'
import type { AuditFields, Operation } from '#platform/operations/operation.ts'
import { defineOperation, Refusal } from '#platform/operations/operation.ts'
import { findLastAnalysis } from './analysis-store.ts'
import type { AnalysisView } from './operations.ts'
import { sensitiveRead, toAnalysisView } from './operations.ts'

/** @property lastAnalysis null: there is none, or the reader may not see analyses */
type WithLastAnalysis<Result> = Result & { lastAnalysis: AnalysisView | null }

function withLastAnalysis<Input extends TSchema, Result extends object>(
  operation: Operation<Input, Result>,
  { pkOf, showsSensitive }: { pkOf: (input: Static<Input>) => number; showsSensitive: boolean },
): Operation<Input, WithLastAnalysis<Result>> {
  return defineOperation({
    ...operation,
    run: async (context, input) => {
      const { actor, tx, tenantId } = context
      const maySee = holdsPermission(actor, 'analysis:view')
      const [result, last] = await Promise.all([
        operation.run(context, input, undefined),
        maySee ? findLastAnalysis(tx, tenantId, pkOf(input)) : null,
      ])
      if (result instanceof Refusal) return result
      const maySeeSensitive = showsSensitive && holdsPermission(actor, 'profile:view-sensitive')
      return { ...result, lastAnalysis: last && (await toAnalysisView(context, last, maySeeSensitive)) }
    },
    audit: (input, result) => {
      const own: AuditFields | null = operation.audit?.(input, result) ?? null
      const shown = result.lastAnalysis?.shown ?? []
      if (own === null) return sensitiveRead({ type: 'profile', id: String(pkOf(input)) }, shown)
      return shown.length === 0 ? own : { ...own, context: { ...own.context, shown_of_analysis: shown } }
    },
  })
}

export const viewProfileWithAnalysis = withLastAnalysis(viewProfile, { pkOf: ({ pk }) => pk, showsSensitive: true })
/** A change shows no sensitive value: the caller has just sent them. */
export const updateProfileWithAnalysis = withLastAnalysis(updateProfile, {
  pkOf: ({ pk }) => pk,
  showsSensitive: false,
})
