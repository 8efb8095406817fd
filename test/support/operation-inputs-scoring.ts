import { builtInScorecard } from '#features/scoring/index.ts'

const definition = builtInScorecard

/** An input that fits, for the operations of scorecards and analyses. */
export const scoringInputs: Readonly<Record<string, (clientUid: string) => Record<string, unknown>>> = {
  'analysis.request': (clientUid) => ({ clientUid, profilePk: 1 }),
  'analysis.view': (clientUid) => ({ clientUid, pk: 1 }),
  'analysis.explain': (clientUid) => ({ clientUid, pk: 1, language: 'fr' }),
  'analysis.list': (clientUid) => ({ clientUid, page: 1, limit: 10 }),
  'analysis.start': () => ({ pks: [1] }),
  'analysis.end': () => ({ endings: [{ pk: 1, attempt: 1, failure: 'internal' }] }),
  'analysis-quota.view': (clientUid) => ({ clientUid }),
  'analysis-quota.set': (clientUid) => ({ clientUid, perMonth: 10, inTotal: null }),
  'scorecard.list': () => ({ limit: 10 }),
  'scorecard.view': () => ({ version: 1 }),
  'scorecard.validate': () => ({ definition }),
  'scorecard.create': () => ({ definition }),
  'scorecard.update': () => ({ version: 2, definition }),
  'scorecard.activate': () => ({ version: 2 }),
  'scorecard.retire': () => ({ version: 2 }),
  'scorecard.try-out': () => ({ version: 1, sample: 10 }),
}
