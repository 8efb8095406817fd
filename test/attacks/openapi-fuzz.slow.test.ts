/** As openapi-fuzz.test.ts, with thousands of requests: FUZZ_SEED=n tries others. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OpenApiFuzz } from './openapi-fuzz.fixture.ts'

test('thousands of generated requests find no failure, no undocumented answer and nothing of another tenant', async (t) => {
  const fuzz = await OpenApiFuzz.open()
  t.after(() => fuzz.close())
  await fuzz.look()
  const seed = Number(process.env.FUZZ_SEED ?? 100)
  for (let round = 0; round < 3; round += 1) await fuzz.round(seed + round, 3)
  await fuzz.assertNoHarm()
  const { requests, operationsAccepted } = fuzz.seen
  assert.ok(requests > 2000, `${requests} requests`)
  assert.ok(operationsAccepted.size > fuzz.operations.length / 2, `only ${operationsAccepted.size} accepted anything`)
})
