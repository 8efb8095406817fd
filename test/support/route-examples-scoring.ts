import { builtInScorecard } from '#features/scoring/index.ts'
import type { Example, ExampleOf, Subject } from './route-example.ts'
import { bearer } from './route-example.ts'

const body = { definition: builtInScorecard }

/** A draft of the caller's. */
const draft =
  (more: Example = {}): NonNullable<ExampleOf['prepare']> =>
  async ({ app, token }) => {
    const answer = await app.request('/api/v1/scorecards/', { method: 'POST', body, headers: bearer(token) })
    const { version } = (answer.body as { data: { version: number } }).data
    return { path: { version: String(version) }, ...more }
  }

const ofAnalysis =
  (more: Example = {}) =>
  ({ client }: Subject): Example => ({ path: { pk: String(client.analysisPk) }, ...more })

const uid = ({ client }: Subject) => ({ path: { uid: client.uid } })
const version = { path: { version: '1' } }

export const scoringExamples: Readonly<Record<string, ExampleOf>> = {
  requestAnalysis: { caller: 'client', request: ({ client }) => ({ path: { pk: String(client.submittedPk) } }) },
  listAnalyses: {
    caller: 'client',
    request: ({ client }) => ({
      query: {
        ...{ status: 'completed', profile: String(client.submittedPk), client_uid: client.uid },
        ...{ page: '1', limit: '10' },
      },
    }),
  },
  getAnalysis: { caller: 'client', request: ofAnalysis() },
  explainAnalysis: {
    caller: 'client',
    request: ofAnalysis({ query: { lang: 'en' }, headers: { 'accept-language': 'fr' } }),
  },
  getAnalysisQuota: { caller: 'client', request: uid },
  setAnalysisQuota: {
    caller: 'account',
    request: (subject) => ({ ...uid(subject), body: { perMonth: 100, inTotal: null } }),
  },
  listScorecards: { caller: 'account', request: () => ({ query: { before: '1000', limit: '10' } }) },
  createScorecard: { caller: 'account', request: () => ({ body }) },
  validateScorecard: { caller: 'account', request: () => ({ body }) },
  getScorecard: { caller: 'account', request: () => version },
  updateScorecard: { caller: 'account', request: () => ({ ...version, body }), prepare: draft({ body }) },
  tryOutScorecard: { caller: 'account', request: () => ({ ...version, query: { sample: '10' } }) },
  activateScorecard: { caller: 'account', request: () => version, prepare: draft() },
  retireScorecard: { caller: 'account', request: () => version, prepare: draft() },
}
