import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { deactivateClient } from '#features/clients/index.ts'
import { deleteProfile, updateProfile } from '#features/profiles/index.ts'
import { newUuid } from '#kernel/ids.ts'
import { attemptsForKey } from '#platform/secrets/secret-box.ts'
import {
  endAnalysesOperation,
  explainAnalysis,
  failAbandonedAnalyses,
  listAnalyses,
  requestAnalysis,
  startAnalysesOperation,
} from './index.ts'
import type { ScoringFixture } from './scoring.fixture.ts'
import { code, openScoring } from './scoring.fixture.ts'

let scoring: ScoringFixture
let clientUid: string
before(async () => {
  scoring = await openScoring()
  clientUid = await scoring.client()
})
after(() => scoring.close())

const typesOf = async (pk: number) => (await scoring.eventsOf(pk)).map(({ type }) => type)

describe('a request', () => {
  test('is refused for a draft, and for a profile that was submitted and changed since', async () => {
    const draft = await scoring.draft(clientUid)
    await assert.rejects(scoring.request(draft), code('profile_not_submitted'))
    const profile = await scoring.submitted(clientUid)
    await scoring.run(updateProfile, { clientUid: null, pk: profile, attributes: { monthly_income: 1 } })
    await assert.rejects(scoring.request(profile), code('profile_not_submitted'))
  })

  test('is refused for profiles that are not there, of another client, and of a client that is not active', async () => {
    await assert.rejects(scoring.request(999_999), code('analysis_profile_not_found'))
    const profile = await scoring.submitted(clientUid)
    await assert.rejects(scoring.request(profile, newUuid()), code('other_client'))
    const inactive = await scoring.client()
    const theirs = await scoring.submitted(inactive)
    await scoring.run(deactivateClient, { clientUid: inactive })
    await assert.rejects(scoring.request(theirs), code('client_inactive'))
  })

  test('puts one job into the queue and tells of it, in its own transaction', async () => {
    const profile = await scoring.submitted(clientUid)
    const { pk, status, isNew } = await scoring.request(profile)
    assert.deepEqual([status, isNew], ['pending', true])
    assert.equal((await scoring.jobsOf(pk)).length, 1)
    assert.deepEqual(await scoring.eventsOf(pk), [
      { type: 'analysis.requested', data: { pk, profile, status: 'pending' } },
    ])
  })

  test('while one of the same submission is under way gives that one, however many come at once', async () => {
    const profile = await scoring.submitted(clientUid)
    const requests = await Promise.all(Array.from({ length: 12 }, () => scoring.request(profile)))
    const pks = new Set(requests.map(({ pk }) => pk))
    assert.equal(pks.size, 1)
    assert.equal(requests.filter(({ isNew }) => isNew).length, 1)
    const [pk = 0] = pks
    assert.equal((await scoring.jobsOf(pk)).length, 1)
    assert.deepEqual(await typesOf(pk), ['analysis.requested'])
    await scoring.run(startAnalysesOperation, { pks: [pk] })
    assert.deepEqual(await scoring.request(profile), { pk, profilePk: profile, status: 'running', isNew: false })
  })

  test('after the one before is completed gives a new one, of the same score', async () => {
    const profile = await scoring.submitted(clientUid)
    const [first, second] = [await scoring.analysed(profile), await scoring.analysed(profile)]
    assert.notEqual(first, second)
    const [a, b] = [await scoring.view(first), await scoring.view(second)]
    assert.equal(JSON.stringify(a.details), JSON.stringify(b.details))
    assert.deepEqual([a.score, a.version], [b.score, b.version])
  })

  test('for a profile that was submitted anew ends the one of the old submission as failed', async () => {
    const profile = await scoring.submitted(clientUid)
    const old = await scoring.request(profile)
    await scoring.resubmit(profile, 5000)
    const next = await scoring.request(profile)
    assert.ok(next.isNew && next.pk !== old.pk)
    const { status, failure } = await scoring.view(old.pk)
    assert.deepEqual([status, failure], ['failed', 'profile_changed'])
    await scoring.work(old.pk, next.pk)
    assert.deepEqual(await typesOf(old.pk), ['analysis.requested', 'analysis.failed'])
    assert.deepEqual(await typesOf(next.pk), ['analysis.requested', 'analysis.completed'])
  })
})

describe('a run', () => {
  test('gives score, version and details, tells of it once, and is recorded', async () => {
    const profile = await scoring.submitted(clientUid)
    const pk = await scoring.analysed(profile)
    const view = await scoring.view(pk)
    assert.deepEqual([view.status, view.score, view.version, view.profilePk], ['completed', 85, 1, profile])
    assert.equal(view.details?.debtRatio, 0.1)
    assert.ok(view.completedAt)
    assert.deepEqual((await scoring.eventsOf(pk)).at(-1), {
      type: 'analysis.completed',
      data: { pk, profile, status: 'completed', score: 85, version: 1 },
    })
    const recorded = await scoring.rows<{ actor: { name: string } }>(
      `select actor from audit_events where action = 'analysis.end' and (context -> 'completed')::jsonb @> $1`,
      [JSON.stringify([pk])],
    )
    assert.deepEqual(
      recorded.map(({ actor }) => actor.name),
      ['analysis'],
    )
  })

  test('that happens again, or twice at once, changes nothing and tells nothing', async () => {
    const pk = await scoring.analysed(await scoring.submitted(clientUid))
    const done = await scoring.view(pk)
    const outcomes = await Promise.all([scoring.work(pk), scoring.work(pk), scoring.work(pk, pk)])
    assert.ok(outcomes.flat().every(({ status }) => status === 'completed'))
    assert.deepEqual(await scoring.view(pk), done)
    assert.deepEqual(await typesOf(pk), ['analysis.requested', 'analysis.completed'])

    const { pk: other } = await scoring.request(await scoring.submitted(clientUid))
    await Promise.all([scoring.work(other), scoring.work(other), scoring.work(other), scoring.work(other)])
    assert.deepEqual(await typesOf(other), ['analysis.requested', 'analysis.completed'])
  })

  test('that is overtaken by another cannot end the analysis any more', async () => {
    const { pk } = await scoring.request(await scoring.submitted(clientUid))
    const attemptOf = async () =>
      (await scoring.run(startAnalysesOperation, { pks: [pk] })).started[0]?.attempt ?? assert.fail('not started')
    const [slow, next] = [await attemptOf(), await attemptOf()]
    const end = (attempt: number) =>
      scoring.run(endAnalysesOperation, { endings: [{ pk, attempt, failure: 'internal' }] })
    assert.deepEqual(await end(slow), [])
    assert.equal((await scoring.view(pk)).status, 'running')
    assert.equal((await end(next)).length, 1)
    assert.deepEqual(await end(next), [])
    assert.deepEqual(await typesOf(pk), ['analysis.requested', 'analysis.failed'])
  })

  test('of a worker that was killed after the start is taken over by the next', async () => {
    const { pk } = await scoring.request(await scoring.submitted(clientUid))
    await scoring.run(startAnalysesOperation, { pks: [pk] })
    await scoring.work(pk)
    assert.equal((await scoring.view(pk)).status, 'completed')
    assert.deepEqual(await typesOf(pk), ['analysis.requested', 'analysis.completed'])
  })

  test('of a profile that was changed since its request fails, and never judges what was not asked for', async () => {
    const profile = await scoring.submitted(clientUid)
    const { pk } = await scoring.request(profile)
    await scoring.resubmit(profile, 9000)
    await scoring.work(pk)
    const { status, failure, score } = await scoring.view(pk)
    assert.deepEqual([status, failure, score], ['failed', 'profile_changed', null])
  })

  test('of a profile that was deleted has nothing to do', async () => {
    const profile = await scoring.submitted(clientUid)
    const { pk } = await scoring.request(profile)
    await scoring.run(deleteProfile, { clientUid: null, pk: profile })
    assert.deepEqual(
      (await scoring.work(pk)).map(({ status }) => status),
      ['completed'],
    )
    await assert.rejects(scoring.view(pk), code('analysis_not_found'))
  })

  test('that the queue gave up fails, unless it has ended after all', async () => {
    const { pk } = await scoring.request(await scoring.submitted(clientUid))
    const completed = await scoring.analysed(await scoring.submitted(clientUid))
    const job = (analysisPk: number) => ({ data: { tenantId: scoring.tenantId, analysisPk } })
    await failAbandonedAnalyses(scoring.services, [job(pk), job(completed)])
    await failAbandonedAnalyses(scoring.services, [job(pk)])
    assert.deepEqual(await typesOf(pk), ['analysis.requested', 'analysis.failed'])
    assert.equal((await scoring.view(completed)).status, 'completed')
  })

  test('of one whose values no key opens is tried again, alone, since another process may have the key; then it fails with its reason', async () => {
    const [broken, fine] = [await scoring.submitted(clientUid), await scoring.submitted(clientUid)]
    await scoring.owner.query(`update profiles set sensitive_ciphertext = 'no token' where pk = $1`, [broken])
    await scoring.owner.query(`update profiles set attributes = attributes || '[{"name": "x"}]' where pk = $1`, [
      broken,
    ])
    const [first, second] = [await scoring.request(broken), await scoring.request(fine)]
    const statusOf = async (...pks: number[]) => (await scoring.work(...pks)).map(({ status }) => status)
    assert.deepEqual(await statusOf(first.pk, second.pk), ['failed', 'completed'])
    for (let retry = 1; retry < attemptsForKey - 1; retry++) assert.deepEqual(await statusOf(first.pk), ['failed'])
    assert.equal((await scoring.view(first.pk)).status, 'running')
    assert.deepEqual(await statusOf(first.pk), ['completed'])
    const { status, failure } = await scoring.view(first.pk)
    assert.deepEqual([status, failure], ['failed', 'content_lost'])
    assert.equal((await scoring.view(second.pk)).status, 'completed')
  })

  test('once ended, the database itself refuses another result', async () => {
    const pk = await scoring.analysed(await scoring.submitted(clientUid))
    await assert.rejects(
      scoring.owner.query('update analyses set score = 100 where pk = $1', [pk]),
      /has ended is never changed/,
    )
  })
})

describe('reading', () => {
  test('an explanation before the end is refused; after it, it is told in both languages', async () => {
    const { pk } = await scoring.request(await scoring.submitted(clientUid))
    const ask = (language: 'fr' | 'en') => scoring.run(explainAnalysis, { clientUid: null, pk, language })
    await assert.rejects(ask('fr'), code('analysis_not_completed'))
    await scoring.work(pk)
    assert.match(JSON.stringify((await ask('fr')).explanation), /Le score est de 85 sur 100/)
    assert.match(JSON.stringify((await ask('en')).explanation), /The score is 85 of 100/)
  })

  test('lists go by client, profile and state, newest first, page by page', async () => {
    const own = await scoring.client()
    const profile = await scoring.submitted(own)
    const completed = [await scoring.analysed(profile), await scoring.analysed(await scoring.submitted(own))]
    const pending = (await scoring.request(profile)).pk
    const list = async (filter: object, page = 1, limit = 10) => {
      const found = await scoring.run(listAnalyses, { clientUid: own, ...filter, page, limit })
      return { pks: found.analyses.map((one) => one.pk), hasMore: found.hasMore }
    }
    const all = [pending, ...completed.toReversed()]
    assert.deepEqual(await list({}), { pks: all, hasMore: false })
    assert.deepEqual(await list({ status: 'completed' }), { pks: completed.toReversed(), hasMore: false })
    assert.deepEqual(await list({ profilePk: profile }), { pks: [pending, completed[0]], hasMore: false })
    assert.deepEqual(await list({ profilePk: profile, status: 'pending' }), { pks: [pending], hasMore: false })
    assert.deepEqual(await list({}, 1, 2), { pks: all.slice(0, 2), hasMore: true })
    assert.deepEqual(await list({}, 2, 2), { pks: all.slice(2), hasMore: false })
    assert.deepEqual((await list({ clientUid: newUuid() })).pks, [])
    assert.ok((await list({ clientUid: null }, 1, 100)).pks.length > 3)
    await assert.rejects(list({}, 101, 100), code('analysis_page_too_far'))
  })
})

test('the request is refused to an actor of another tenant as if there were no such profile', async () => {
  const profile = await scoring.submitted(clientUid)
  const stranger = { kind: 'system', tenantId: 'elsewhere', name: 'test' } as const
  await assert.rejects(
    scoring.run(requestAnalysis, { clientUid: null, profilePk: profile }, stranger),
    code('analysis_profile_not_found'),
  )
})
