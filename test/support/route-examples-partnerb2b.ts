import { post } from './identity.ts'
import type { ExampleOf } from './route-example.ts'

/** A week's refresh token of the client's first key. */
const refreshTokenOf: ExampleOf['prepare'] = async ({ app, subject }) => {
  const answer = await post(app, '/api/v1/auth/token/', { body: { apiKey: subject.client.apiKey } })
  return { body: { refresh: (answer.body as { data: { refresh: string } }).data.refresh } }
}

export const partnerb2bExamples: Readonly<Record<string, ExampleOf>> = {
  obtainToken: { caller: 'nobody', request: ({ client }) => ({ body: { apiKey: client.apiKey } }) },
  refreshToken: { caller: 'nobody', request: () => ({ body: { refresh: 'rt_unknown' } }), prepare: refreshTokenOf },
}
