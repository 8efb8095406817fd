import { setImmediate as nextTurn } from 'node:timers/promises'
import { Type } from 'typebox'
import { currentCatalogue } from '#features/profiles/index.ts'
import { nullable } from '#kernel/schemas.ts'
import type { OperationContext } from '#platform/operations/operation.ts'
import { defineOperation, definePhasedOperation } from '#platform/operations/operation.ts'
import type { Problem } from './check-bands.ts'
import type { JudgeableAttribute } from './check-scorecard.ts'
import { checkScorecard, rangeOf } from './check-scorecard.ts'
import type { Comparison } from './comparison.ts'
import { Comparing } from './comparison.ts'
import { scoringError } from './errors.ts'
import { readableFacts } from './judged-profiles.ts'
import { newestSubmitted } from './profile-store.ts'
import type { Scorecard } from './schemas.ts'
import { version } from './schemas.ts'
import { scorecardDefinition } from './scorecard.ts'
import * as store from './scorecard-store.ts'

const mostDrafts = 100

async function judgeableAttributes(context: OperationContext): Promise<JudgeableAttribute[]> {
  const { definition } = await currentCatalogue(context)
  return definition.attributes.filter((one) => !one.isRetired)
}

function invalid(problems: readonly Problem[]) {
  return scoringError('scorecard_invalid', {
    details: problems.map(({ path, message, code }) => ({
      path: ['body', 'definition', ...path],
      message,
      type: code,
      code: `scorecard_${code}`,
      parameters: {},
    })),
  })
}

export const listScorecards = defineOperation({
  name: 'scorecard.list',
  summary: 'Lists the scorecards, newest first, the built-in one last.',
  level: 'account',
  permission: 'scorecard:view',
  effect: 'read',
  input: Type.Object({ before: Type.Optional(nullable(version)), limit: Type.Integer({ minimum: 1, maximum: 100 }) }),
  run: async ({ tx, tenantId }, { before, limit }) => {
    const [own, active] = await Promise.all([
      store.listScorecards(tx, tenantId, { before: before ?? null, limit: limit + 1 }),
      store.findActive(tx, tenantId),
    ])
    const { definition, ...last } = store.builtIn(active.isBuiltIn)
    const hasBuiltIn = own.length <= limit && (before === undefined || before === null || before > last.version)
    const all = hasBuiltIn ? [...own, { ...last, title: definition.title }] : own
    return { scorecards: all.slice(0, limit), hasMore: all.length > limit }
  },
})

/** With what stands in the way of its activation. */
export type CheckedScorecard = Scorecard & { problems: Problem[]; range: { lowest: number; highest: number } }

async function withProblems(context: OperationContext, scorecard: Scorecard): Promise<CheckedScorecard> {
  const problems = checkScorecard(scorecard.definition, await judgeableAttributes(context))
  return { ...scorecard, problems, range: rangeOf(scorecard.definition) }
}

export const viewScorecard = defineOperation({
  name: 'scorecard.view',
  summary: 'Shows a scorecard, and what stands in the way of its activation.',
  level: 'account',
  permission: 'scorecard:view',
  effect: 'read',
  input: Type.Object({ version }),
  run: async (context, input) => {
    const found = await store.findScorecard(context.tx, context.tenantId, input.version)
    if (!found) throw scoringError('scorecard_not_found')
    return withProblems(context, found)
  },
})

export const validateScorecard = defineOperation({
  name: 'scorecard.validate',
  summary: 'Tells what is wrong with a scorecard, and the lowest and highest score that it can give; keeps nothing.',
  level: 'account',
  permission: 'scorecard:view',
  effect: 'read',
  input: Type.Object({ definition: scorecardDefinition }),
  run: async (context, { definition }) => ({
    problems: checkScorecard(definition, await judgeableAttributes(context)),
    range: rangeOf(definition),
  }),
})

export const createScorecard = defineOperation({
  name: 'scorecard.create',
  summary: 'Creates a scorecard as a draft under the next version; it may be incomplete until it is activated.',
  level: 'account',
  permission: 'scorecard:manage',
  effect: 'write',
  input: Type.Object({ definition: scorecardDefinition }),
  run: async (context, { definition }) => {
    const { tx, tenantId, now } = context
    await store.lockScorecards(tx, tenantId)
    if ((await store.countDrafts(tx, tenantId)) >= mostDrafts) throw scoringError('scorecard_limit_reached')
    return withProblems(context, await store.insertDraft(tx, tenantId, { definition, now }))
  },
  audit: (_input, created) => ({
    category: 'configuration',
    description: 'Scorecard drafted',
    target: { type: 'scorecard', id: String(created.version) },
  }),
})

export const updateScorecard = defineOperation({
  name: 'scorecard.update',
  summary: 'Replaces what a draft says.',
  level: 'account',
  permission: 'scorecard:manage',
  effect: 'write',
  input: Type.Object({ version, definition: scorecardDefinition }),
  run: async (context, input) => {
    const { tx, tenantId, now } = context
    const { definition } = input
    const updated = await store.updateDraft(tx, tenantId, input.version, { definition, now })
    if (!updated) throw await notADraft(context, input.version)
    return withProblems(context, updated)
  },
  audit: (input) => ({
    category: 'configuration',
    description: 'Draft of a scorecard changed',
    target: { type: 'scorecard', id: String(input.version) },
  }),
})

async function notADraft({ tx, tenantId }: OperationContext, wanted: number) {
  const found = await store.findScorecard(tx, tenantId, wanted)
  return scoringError(found ? 'scorecard_not_a_draft' : 'scorecard_not_found')
}

export const activateScorecard = defineOperation({
  name: 'scorecard.activate',
  summary: 'Lets a draft judge from now on; the scorecard before is retired. Refused when anything is wrong with it.',
  level: 'account',
  permission: 'scorecard:manage',
  effect: 'write',
  input: Type.Object({ version }),
  run: async (context, input) => {
    const { tx, tenantId, now } = context
    await store.lockScorecards(tx, tenantId)
    const draft = await store.findScorecard(tx, tenantId, input.version)
    if (draft?.status !== 'draft') throw await notADraft(context, input.version)
    const { problems, range } = await withProblems(context, draft)
    if (problems.length > 0) throw invalid(problems)
    const activated = await store.activate(tx, tenantId, input.version, now)
    if (!activated) throw await notADraft(context, input.version)
    return { ...activated, problems, range }
  },
  audit: (input) => ({
    category: 'configuration',
    severity: 'warning',
    description: 'Scorecard activated',
    target: { type: 'scorecard', id: String(input.version) },
  }),
})

export const retireScorecard = defineOperation({
  name: 'scorecard.retire',
  summary: 'Retires a scorecard. Where it was the active one, the built-in one judges from now on.',
  level: 'account',
  permission: 'scorecard:manage',
  effect: 'write',
  input: Type.Object({ version }),
  run: async (context, input) => {
    const { tx, tenantId, now } = context
    await store.lockScorecards(tx, tenantId)
    const retired = await store.retire(tx, tenantId, input.version, now)
    if (!retired) {
      const found = await store.findScorecard(tx, tenantId, input.version)
      throw scoringError(found ? 'scorecard_retired' : 'scorecard_not_found')
    }
    return withProblems(context, retired)
  },
  audit: (input) => ({
    category: 'configuration',
    severity: 'warning',
    description: 'Scorecard retired',
    target: { type: 'scorecard', id: String(input.version) },
  }),
})

/** Profiles judged between two looks at other work. */
const judgedAtOnce = 200

export const tryOutScorecard = definePhasedOperation({
  name: 'scorecard.try-out',
  summary:
    "Judges the tenant's newest submitted profiles by a scorecard and by the active one, and compares; keeps nothing.",
  level: 'account',
  permission: 'scorecard:view',
  effect: 'read',
  input: Type.Object({ version, sample: Type.Integer({ minimum: 1, maximum: 5000 }) }),
  prepare: async (context, input) => {
    const { tx, tenantId } = context
    const [candidate, active, attributes, sample] = await Promise.all([
      store.findScorecard(tx, tenantId, input.version),
      store.findActive(tx, tenantId),
      judgeableAttributes(context),
      newestSubmitted(tx, tenantId, input.sample),
    ])
    if (!candidate) throw scoringError('scorecard_not_found')
    const problems = checkScorecard(candidate.definition, attributes)
    if (candidate.status === 'draft' && problems.length > 0) throw invalid(problems)
    return { candidate, active, sample }
  },
  perform: async ({ services }, _input, { candidate, active, sample }) => {
    const comparing = new Comparing(active.definition, candidate.definition)
    for (const [i, profile] of sample.entries()) {
      const judged = readableFacts(services.secrets, profile)
      if (judged) comparing.add(profile.pk, judged.facts)
      if (i % judgedAtOnce === judgedAtOnce - 1) await nextTurn()
    }
    return { active: active.version, candidate: candidate.version, comparison: comparing.result() }
  },
  run: async (_context, _input, outcome): Promise<TryOut> => outcome,
})

export type TryOut = { active: number; candidate: number; comparison: Comparison }
