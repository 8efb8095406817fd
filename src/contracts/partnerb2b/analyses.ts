import { Type } from 'typebox'
import type { Quota } from '#features/scoring/index.ts'
import * as scoring from '#features/scoring/index.ts'
import { nullable, uuid } from '#kernel/schemas.ts'
import { acceptedLanguage } from '../shared/accept-language.ts'
import type { ContractRoutes } from '../shared/contract.ts'
import { AnalysisModel, AnalysisSummary, status, toAnalysis, toAnalysisSummary } from './analysis-models.ts'
import { enveloped } from './envelope.ts'
import { clientUidField, pkPath, scopeOf } from './parameters.ts'

const Requested = Type.Object({ message: Type.String(), pk: Type.Integer(), status })

const Block = Type.Union([
  Type.Object({ type: Type.Enum(['heading', 'paragraph']), text: Type.String() }),
  Type.Object({
    type: Type.Literal('list'),
    items: Type.Array(
      Type.Object({
        title: Type.String(),
        text: Type.String(),
        points: Type.Integer(),
        pointsText: Type.String(),
        maximum: Type.Integer(),
      }),
    ),
  }),
])
const language = Type.Enum(['fr', 'en'])
const ExplanationModel = Type.Object({
  language,
  title: Type.String(),
  score: Type.Integer(),
  grade: Type.String(),
  blocks: Type.Array(Block),
})

const limit = nullable(Type.Integer({ minimum: 0, maximum: 1_000_000_000, description: 'null: any number' }))
const QuotaModel = Type.Object({
  perMonth: limit,
  inTotal: limit,
  usedInMonth: Type.Integer({ description: 'Since the first of this month, UTC' }),
  usedInTotal: Type.Integer(),
})

export function analysisRoutes(routes: ContractRoutes): void {
  routes.add({
    method: 'POST',
    url: '/api/v1/profiles/:pk/analyses/',
    operationId: 'requestAnalysis',
    operation: scoring.requestAnalysis,
    request: { path: pkPath },
    input: ({ actor, path }) => ({ clientUid: scopeOf(actor), profilePk: path.pk }),
    present: ({ pk, profilePk, status: state }) => ({
      status: 201,
      body: {
        message: `Vous venez de faire une demande d'analyse pour le profile ${profilePk}`,
        pk,
        status: state,
      },
    }),
    success: { status: 201, description: 'The analysis, or the one that is under way', schema: enveloped(Requested) },
  })

  routes.add({
    method: 'GET',
    url: '/api/v1/analyses/',
    operationId: 'listAnalyses',
    operation: scoring.listAnalyses,
    request: {
      query: Type.Object({
        status: Type.Optional(status),
        profile: Type.Optional(Type.Integer({ minimum: 1 })),
        client_uid: clientUidField,
        page: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000, default: 1 })),
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 20 })),
      }),
    },
    input: ({ actor, query }) => ({
      clientUid: query.client_uid?.toLowerCase() ?? scopeOf(actor),
      status: query.status ?? null,
      profilePk: query.profile ?? null,
      page: query.page ?? 1,
      limit: query.limit ?? 20,
    }),
    present: ({ analyses, page, limit: most, hasMore }) => ({
      status: 200,
      body: { results: analyses.map(toAnalysisSummary), page, limit: most, hasMore },
    }),
    success: {
      status: 200,
      description: 'Analyses, newest first, without details',
      schema: enveloped(
        Type.Object({
          results: Type.Array(AnalysisSummary),
          page: Type.Integer(),
          limit: Type.Integer(),
          hasMore: Type.Boolean(),
        }),
      ),
    },
  })

  routes.add({
    method: 'GET',
    url: '/api/v1/analyses/:pk/',
    operationId: 'getAnalysis',
    operation: scoring.viewAnalysis,
    request: { path: pkPath },
    input: ({ actor, path }) => ({ clientUid: scopeOf(actor), pk: path.pk }),
    present: (analysis) => ({ status: 200, body: toAnalysis(analysis) }),
    success: { status: 200, description: 'The analysis', schema: enveloped(AnalysisModel) },
  })

  routes.add({
    method: 'GET',
    url: '/api/v1/analyses/:pk/explanation/',
    operationId: 'explainAnalysis',
    operation: scoring.explainAnalysis,
    request: {
      path: pkPath,
      query: Type.Object({ lang: Type.Optional(language) }),
      header: Type.Object({ 'accept-language': Type.Optional(Type.String()) }),
    },
    // The document speaks French.
    input: ({ actor, path, query, header }) => ({
      clientUid: scopeOf(actor),
      pk: path.pk,
      language: query.lang ?? acceptedLanguage(header['accept-language']) ?? 'fr',
    }),
    present: ({ explanation }) => ({
      status: 200,
      body: explanation,
      headers: { 'content-language': explanation.language, vary: 'accept-language' },
    }),
    success: { status: 200, description: 'Blocks of text for a page', schema: enveloped(ExplanationModel) },
  })
}

const presentQuota = (quota: Quota) => ({ status: 200, body: quota })
const uidPath = Type.Object({ uid: uuid })

/** Our addition: how many analyses a client may have. */
export function quotaRoutes(routes: ContractRoutes): void {
  routes.add({
    method: 'GET',
    url: '/api/v1/clients/:uid/analysis-quota/',
    operationId: 'getAnalysisQuota',
    operation: scoring.viewAnalysisQuota,
    request: { path: uidPath },
    input: ({ path }) => ({ clientUid: path.uid.toLowerCase() }),
    present: presentQuota,
    success: { status: 200, description: 'Limits and use', schema: enveloped(QuotaModel) },
  })

  routes.add({
    method: 'PUT',
    url: '/api/v1/clients/:uid/analysis-quota/',
    operationId: 'setAnalysisQuota',
    operation: scoring.setAnalysisQuota,
    request: {
      path: uidPath,
      body: Type.Object({ perMonth: Type.Optional(limit), inTotal: Type.Optional(limit) }),
    },
    input: ({ path, body }) => ({ clientUid: path.uid.toLowerCase(), ...body }),
    present: presentQuota,
    success: { status: 200, description: 'Limits and use from now on', schema: enveloped(QuotaModel) },
  })
}
