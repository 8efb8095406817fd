import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import { coverage } from './coverage.ts'

let app: TestApp
before(async () => {
  app = await startTestApp()
})
after(() => app.close())

const served = coverage.filter((one) => one.served)
const lineOf = (one: { contract: string; method: string; path: string }) => `${one.contract} ${one.method} ${one.path}`

test('what is marked as served is served, by the contract that it is marked for, and the other way round', () => {
  const routes = app.routes.map((route) =>
    lineOf({ contract: route.contract.name, method: route.method, path: route.url.replaceAll(/:(\w+)/g, '{$1}') }),
  )
  assert.deepEqual(served.map(lineOf).sort(), routes.sort())
})

test('what is marked as served answers over HTTP, what is not marked does not', async () => {
  for (const { method, path, served: isServed } of coverage) {
    const address = path.replaceAll(/\{\w+\}/g, '550e8400-e29b-41d4-a716-446655440000')
    const answer = await app.request(address, { method })
    const answers = answer.status !== 404 && answer.status !== 405
    assert.equal(answers, isServed, `${method} ${path}: ${answer.status}`)
  }
})

test('no operation is listed twice, and the documents’ own numbers of operations are complete', () => {
  assert.equal(new Set(coverage.map(lineOf)).size, coverage.length)
  const documented = (contract: string) =>
    coverage.filter((one) => one.contract === contract && one.source === 'document').length
  assert.deepEqual(
    ['factpulse', 'chatapi', 'azalscore', 'partnerb2b', 'oauth2-clients'].map(documented),
    [12, 9, 33, 12, 6],
  )
})
