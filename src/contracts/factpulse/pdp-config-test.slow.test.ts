import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serveHttp } from '#platform/outbound-http/fixtures/loopback-server.ts'
import { startTestApp } from '#test/support/app.ts'

test('a token endpoint that never answers is given up after ten seconds, while other requests go on', async (t) => {
  const app = await startTestApp({ config: { outboundAllow: ['127.0.0.1'], databasePoolSize: 2 } })
  t.after(() => app.close())
  const { promise: asked, resolve: wasAsked } = Promise.withResolvers<void>()
  const port = await serveHttp(t, () => wasAsked())
  const token = await app.signIn()
  const uid = await app.createClient('Hanging')
  const tokenUrl = `http://127.0.0.1:${port}/token`
  const body = { flowServiceUrl: 'https://api.example/', tokenUrl, oauthClientId: 'c', clientSecret: 's' }
  await app.request(`/api/v1/clients/${uid}/pdp-config`, { method: 'PUT', token, body })
  const started = performance.now()
  const running = [1, 2, 3, 4].map(() =>
    app.request(`/api/v1/clients/${uid}/pdp-config/test`, { method: 'POST', token }),
  )
  await asked
  const meanwhile = await app.request(`/api/v1/clients/${uid}`, { token })
  assert.equal(meanwhile.status, 200, 'no connection of the pool of two is held')
  for (const answer of await Promise.all(running)) {
    assert.equal(answer.status, 200)
    const { lastTestError }: { lastTestError: string } = answer.body
    assert.equal(lastTestError, '"127.0.0.1" did not answer in time')
  }
  assert.ok(performance.now() - started < 15_000)
})
