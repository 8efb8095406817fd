/** Hundreds of requests made from our own API document; thousands in openapi-fuzz.slow.test.ts. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { OpenApiFuzz } from './openapi-fuzz.fixture.ts'

let fuzz: OpenApiFuzz
before(async () => {
  fuzz = await OpenApiFuzz.open()
})
after(() => fuzz.close())

test('every operation answers generated requests as it documents, never fails, and tells and touches nothing of another tenant', async () => {
  const seed = Number(process.env.FUZZ_SEED ?? 1)
  await fuzz.look()
  await fuzz.round(seed, Number(process.env.FUZZ_TIMES ?? 2))
  await fuzz.assertNoHarm()
  const { requests, accepted, operationsAccepted } = fuzz.seen
  console.log(requests, accepted, operationsAccepted.size, fuzz.operations.length)
  assert.ok(
    operationsAccepted.size > fuzz.operations.length / 4,
    `${operationsAccepted.size} operations accepted something`,
  )
})
