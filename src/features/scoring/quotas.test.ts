import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { newUuid } from '#kernel/ids.ts'
import { setAnalysisQuota, viewAnalysisQuota } from './index.ts'
import type { ScoringFixture } from './scoring.fixture.ts'
import { code, openScoring } from './scoring.fixture.ts'

let scoring: ScoringFixture
before(async () => {
  scoring = await openScoring()
})
after(() => scoring.close())

const quotaOf = (clientUid: string) => scoring.run(viewAnalysisQuota, { clientUid })
const set = (clientUid: string, limits: { perMonth?: number | null; inTotal?: number | null }) =>
  scoring.run(setAnalysisQuota, { clientUid, ...limits })
const profilesOf = (clientUid: string, count: number) =>
  Promise.all(Array.from({ length: count }, () => scoring.submitted(clientUid)))

/** How many requests were accepted; the others were refused for the quota. */
async function accepted(profiles: readonly number[]): Promise<number[]> {
  const outcomes = await Promise.allSettled(profiles.map((profile) => scoring.request(profile)))
  return outcomes.flatMap((one) => {
    if (one.status === 'fulfilled') return [one.value.pk]
    assert.ok(code('analysis_quota_exhausted')(one.reason), String(one.reason))
    return []
  })
}

test('without limits a client has any number; what it has had is counted', async () => {
  const clientUid = await scoring.client()
  assert.equal((await accepted(await profilesOf(clientUid, 4))).length, 4)
  assert.deepEqual(await quotaOf(clientUid), { perMonth: null, inTotal: null, usedInMonth: 4, usedInTotal: 4 })
})

test('requests at once get exactly what is left, and those refused leave nothing behind', async () => {
  for (const limits of [{ perMonth: 5 }, { inTotal: 5 }, { perMonth: 5, inTotal: 9 }]) {
    const clientUid = await scoring.client()
    await set(clientUid, limits)
    const profiles = await profilesOf(clientUid, 12)
    assert.equal((await accepted(profiles)).length, 5)
    const [{ count } = { count: -1 }] = await scoring.rows<{ count: number }>(
      'select count(*)::integer as count from analyses where client_id = $1',
      [clientUid],
    )
    assert.equal(count, 5)
    const { usedInMonth, usedInTotal } = await quotaOf(clientUid)
    assert.deepEqual([usedInMonth, usedInTotal], [5, 5])
  }
})

test('a limit that is set counts what was used before, and misses nothing that is requested at the same moment', async () => {
  for (let round = 0; round < 5; round++) {
    const clientUid = await scoring.client()
    const profiles = await profilesOf(clientUid, 18)
    assert.equal((await accepted(profiles.slice(0, 2))).length, 2)
    const [early, , late] = await Promise.all([
      accepted(profiles.slice(2, 5)),
      set(clientUid, { perMonth: 4 }),
      accepted(profiles.slice(5, 12)),
    ])
    // Those that came before the limit are accepted, however many; from then on it holds.
    const used = 2 + early.length + late.length
    assert.equal((await quotaOf(clientUid)).usedInMonth, used)
    assert.equal((await accepted(profiles.slice(12))).length, Math.max(0, 4 - used))
  }
})

test('asking again for what is under way costs nothing', async () => {
  const clientUid = await scoring.client()
  await set(clientUid, { inTotal: 1 })
  const [profile = 0] = await profilesOf(clientUid, 1)
  const first = await scoring.request(profile)
  assert.equal((await scoring.request(profile)).pk, first.pk)
  await scoring.work(first.pk)
  await assert.rejects(scoring.request(profile), code('analysis_quota_exhausted'))
})

test('an analysis that failed gives its share back', async () => {
  const clientUid = await scoring.client()
  await set(clientUid, { perMonth: 1, inTotal: 1 })
  const [profile = 0] = await profilesOf(clientUid, 1)
  await scoring.request(profile)
  await scoring.resubmit(profile, 4500)
  // The one before is given up for this one.
  const { pk } = await scoring.request(profile)
  assert.equal((await quotaOf(clientUid)).usedInTotal, 1)
  await scoring.resubmit(profile, 4600)
  await scoring.work(pk)
  assert.deepEqual(await quotaOf(clientUid), { perMonth: 1, inTotal: 1, usedInMonth: 0, usedInTotal: 0 })
})

test('with a month, the month begins anew; the total does not', async () => {
  const clientUid = await scoring.client()
  await set(clientUid, { perMonth: 2, inTotal: 3 })
  const profiles = await profilesOf(clientUid, 6)
  assert.equal((await accepted(profiles.slice(0, 3))).length, 2)
  await scoring.owner.query(`update analysis_quotas set month = month - interval '1 month' where client_id = $1`, [
    clientUid,
  ])
  assert.deepEqual(await quotaOf(clientUid), { perMonth: 2, inTotal: 3, usedInMonth: 0, usedInTotal: 2 })
  assert.equal((await accepted(profiles.slice(3))).length, 1)
  assert.deepEqual(await quotaOf(clientUid), { perMonth: 2, inTotal: 3, usedInMonth: 1, usedInTotal: 3 })
})

test('limits can be changed, and taken away; zero stops a client', async () => {
  const clientUid = await scoring.client()
  const profiles = await profilesOf(clientUid, 5)
  await set(clientUid, { perMonth: 0 })
  assert.deepEqual(await accepted(profiles.slice(0, 1)), [])
  await set(clientUid, { perMonth: 1 })
  assert.equal((await accepted(profiles.slice(0, 2))).length, 1)
  await set(clientUid, {})
  assert.equal((await accepted(profiles.slice(2, 4))).length, 2)
  assert.equal((await set(clientUid, { inTotal: 3 })).usedInTotal, 3)
  await assert.rejects(scoring.request(profiles[4] ?? 0), code('analysis_quota_exhausted'))
})

test('of a client that is not there nothing can be set or seen', async () => {
  await assert.rejects(set(newUuid(), { perMonth: 1 }), code('analysis_client_unknown'))
  await assert.rejects(quotaOf(newUuid()), code('analysis_client_unknown'))
})
