/** Hundreds of requests made from our own API document; thousands in openapi-fuzz.slow.test.ts. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OpenApiFuzz } from './openapi-fuzz.fixture.ts'

test('every operation answers generated requests as it documents, never fails, and tells and touches nothing of another tenant', async (t) => {
  const fuzz = await OpenApiFuzz.open()
  t.after(() => fuzz.close())
  await fuzz.look()
  await fuzz.round(Number(process.env.FUZZ_SEED ?? 1), 2)
  await fuzz.assertNoHarm()
  const { operationsAccepted } = fuzz.seen
  assert.ok(operationsAccepted.size > fuzz.operations.length / 3, `only ${operationsAccepted.size} accepted anything`)
})
