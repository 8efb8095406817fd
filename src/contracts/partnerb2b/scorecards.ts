/** Our addition: how profiles are judged is data that an administrator writes, tries out and activates (docs/scoring.md). */
import { Type } from 'typebox'
import type { CheckedScorecard, Problem, Scorecard } from '#features/scoring/index.ts'
import * as scoring from '#features/scoring/index.ts'
import { nullable } from '#kernel/schemas.ts'
import type { ContractRoutes } from '../shared/contract.ts'
import { enveloped, moment } from './envelope.ts'

const versionPath = Type.Object({ version: Type.Integer({ minimum: 1, maximum: 2_147_483_647 }) })
const definitionBody = Type.Object({ definition: scoring.scorecardDefinition })

const instant = nullable(Type.String({ format: 'date-time' }))
const summaryFields = {
  version: Type.Integer(),
  status: Type.Enum(['draft', 'active', 'retired']),
  builtIn: Type.Boolean(),
  createdAt: instant,
  updatedAt: instant,
  activatedAt: instant,
  retiredAt: instant,
}
const checkFields = {
  problems: Type.Array(
    Type.Object({
      path: Type.String({ description: 'rules.2.bands.0.to' }),
      code: Type.String(),
      message: Type.String(),
    }),
  ),
  range: Type.Object({ lowest: Type.Integer(), highest: Type.Integer() }),
}
const SummaryModel = Type.Object({ ...summaryFields, title: scoring.bilingual })
const ScorecardModel = Type.Object({ ...summaryFields, definition: scoring.scorecardDefinition, ...checkFields })
const CheckModel = Type.Object({ valid: Type.Boolean(), ...checkFields })

const count = Type.Integer()
const average = nullable(Type.Number())
const parts = Type.Array(count, { minItems: 10, maxItems: 10, description: '0-9, 10-19, ... 90-100' })
const TryOutModel = Type.Object({
  active: Type.Integer({ description: 'Version of the scorecard that judges now' }),
  candidate: Type.Integer(),
  sampled: count,
  changed: count,
  raised: count,
  lowered: count,
  average: Type.Object({ before: average, after: average }),
  histogram: Type.Object({ before: parts, after: parts }),
  movers: Type.Array(Type.Object({ profile: Type.Integer(), before: count, after: count })),
  rules: Type.Array(Type.Object({ rule: Type.String(), before: average, after: average })),
})

function toSummary(scorecard: Omit<Scorecard, 'definition'>) {
  const { version, status, isBuiltIn, createdAt, updatedAt, activatedAt, retiredAt } = scorecard
  const [created, updated, activated, retired] = [createdAt, updatedAt, activatedAt, retiredAt].map(
    (date) => date && moment(date),
  )
  return {
    version,
    status,
    builtIn: isBuiltIn,
    createdAt: created,
    updatedAt: updated,
    activatedAt: activated,
    retiredAt: retired,
  }
}

function toProblems(problems: readonly Problem[]) {
  return problems.map(({ path, code, message }) => ({ path: path.join('.'), code, message }))
}

function toScorecard(scorecard: CheckedScorecard) {
  const { definition, problems, range } = scorecard
  return { ...toSummary(scorecard), definition, problems: toProblems(problems), range }
}

const presentWith = (status: number) => (scorecard: CheckedScorecard) => ({ status, body: toScorecard(scorecard) })
const whole = (description: string, status = 200) => ({ status, description, schema: enveloped(ScorecardModel) })

export function scorecardRoutes(routes: ContractRoutes): void {
  routes.add({
    method: 'GET',
    url: '/api/v1/scorecards/',
    operationId: 'listScorecards',
    operation: scoring.listScorecards,
    request: {
      query: Type.Object({
        before: Type.Optional(versionPath.properties.version),
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 50 })),
      }),
    },
    input: ({ query }) => ({ before: query.before ?? null, limit: query.limit ?? 50 }),
    present: ({ scorecards, hasMore }) => ({
      status: 200,
      body: { results: scorecards.map(({ title, ...one }) => ({ ...toSummary(one), title })), hasMore },
    }),
    success: {
      status: 200,
      description: 'Newest first; the built-in one is the last',
      schema: enveloped(Type.Object({ results: Type.Array(SummaryModel), hasMore: Type.Boolean() })),
    },
  })

  routes.add({
    method: 'POST',
    url: '/api/v1/scorecards/',
    operationId: 'createScorecard',
    operation: scoring.createScorecard,
    request: { body: definitionBody },
    input: ({ body }) => body,
    present: presentWith(201),
    success: whole('The draft, and what stands in the way of its activation', 201),
  })

  routes.add({
    method: 'POST',
    url: '/api/v1/scorecards/validate/',
    operationId: 'validateScorecard',
    operation: scoring.validateScorecard,
    request: { body: definitionBody },
    input: ({ body }) => body,
    present: ({ problems, range }) => ({
      status: 200,
      body: { valid: problems.length === 0, problems: toProblems(problems), range },
    }),
    success: { status: 200, description: 'What is wrong with it', schema: enveloped(CheckModel) },
  })

  routes.add({
    method: 'GET',
    url: '/api/v1/scorecards/:version/',
    operationId: 'getScorecard',
    operation: scoring.viewScorecard,
    request: { path: versionPath },
    input: ({ path }) => path,
    present: presentWith(200),
    success: whole('The scorecard'),
  })

  routes.add({
    method: 'PUT',
    url: '/api/v1/scorecards/:version/',
    operationId: 'updateScorecard',
    operation: scoring.updateScorecard,
    request: { path: versionPath, body: definitionBody },
    input: ({ path, body }) => ({ ...path, ...body }),
    present: presentWith(200),
    success: whole('The draft as it is now'),
  })

  routes.add({
    method: 'POST',
    url: '/api/v1/scorecards/:version/try-out/',
    operationId: 'tryOutScorecard',
    operation: scoring.tryOutScorecard,
    request: {
      path: versionPath,
      query: Type.Object({ sample: Type.Optional(Type.Integer({ minimum: 1, maximum: 5000, default: 1000 })) }),
    },
    input: ({ path, query }) => ({ ...path, sample: query.sample ?? 1000 }),
    present: ({ active, candidate, comparison }) => ({
      status: 200,
      body: {
        active,
        candidate,
        ...comparison,
        movers: comparison.movers.map(({ profilePk, before, after }) => ({ profile: profilePk, before, after })),
      },
    }),
    success: { status: 200, description: 'What would change', schema: enveloped(TryOutModel) },
  })

  for (const [action, operation, description] of [
    ['activate', scoring.activateScorecard, 'The scorecard, which judges from now on'],
    ['retire', scoring.retireScorecard, 'The scorecard, which judges no more'],
  ] as const) {
    routes.add({
      method: 'POST',
      url: `/api/v1/scorecards/:version/${action}/`,
      operationId: `${action}Scorecard`,
      operation,
      request: { path: versionPath },
      input: ({ path }) => path,
      present: presentWith(200),
      success: whole(description),
    })
  }
}
