import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { applicationRole } from '#platform/db/tenant-table.ts'
import type { TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import { withOwner } from '#test/support/owner-query.ts'
import { errorOf, Partner } from './profiles.fixture.ts'

let app: TestApp
let account: Partner
let uid: string
let partner: Partner
let neighbour: Partner
const pks: number[] = []
before(async () => {
  app = await startTestApp()
  account = new Partner(app, { token: await app.signIn() })
  uid = await app.createClient()
  partner = new Partner(app, { token: await app.signIn(uid) })
  neighbour = new Partner(app, { token: await app.signIn(await app.createClient()) })
  for (let i = 0; i < 12; i++) {
    pks.push(
      await partner.created(
        { lastname: `Élan-${i}`, phone_number: `06000000${String(i).padStart(2, '0')}` },
        { externalReference: i % 3 === 0 ? 'third' : `ref-${i}` },
      ),
    )
  }
  for (const pk of pks.filter((_, i) => i % 2 === 0)) await partner.send('POST', `profiles/${pk}/submit/`)
  await neighbour.created({ lastname: 'Élan-Neighbour', firstname: 'Only' }, { externalReference: 'third' })
})
after(() => app.close())

/** Newest first, of those whose index fits. */
const newest = (fits: (index: number) => boolean = () => true) => pks.filter((_, i) => fits(i)).reverse()

describe('a list', () => {
  test('has the newest first, in pages that neither overlap nor leave out', async () => {
    assert.deepEqual(await partner.found({}), newest())
    const pages = await Promise.all(['1', '2', '3', '4'].map((page) => partner.list({ page, limit: '5' })))
    assert.deepEqual(
      pages.flatMap((one) => one.results.map((profile) => profile.pk)),
      newest(),
    )
    assert.deepEqual(
      pages.map((one) => one.hasMore),
      [true, true, false, false],
    )
  })

  test('is narrowed by status, reference and time, alone and together', async () => {
    assert.deepEqual(
      await partner.found({ status: 'complete' }),
      newest((i) => i % 2 === 0),
    )
    assert.deepEqual(await partner.found({ status: 'draft', limit: '2' }), newest((i) => i % 2 === 1).slice(0, 2))
    assert.deepEqual(
      await partner.found({ externalReference: 'third' }),
      newest((i) => i % 3 === 0),
    )
    assert.deepEqual(
      await partner.found({ externalReference: 'third', status: 'complete' }),
      newest((i) => i % 6 === 0),
    )
    const { createdAt } = await partner.read(pks[5] as number)
    assert.deepEqual(
      await partner.found({ createdAfter: createdAt }),
      newest((i) => i > 5),
    )
    assert.deepEqual(
      await partner.found({ createdBefore: createdAt }),
      newest((i) => i < 5),
    )
    assert.deepEqual(await partner.found({ createdAfter: '2199-01-01T00:00:00Z' }), [])
  })

  test('finds beginnings of names, e-mail addresses, phone numbers and references, all words of a query', async () => {
    assert.deepEqual(await partner.found({ q: 'elan' }), newest())
    assert.deepEqual(
      await partner.found({ q: 'ÉLAN 7' }),
      newest((i) => i === 7),
    )
    assert.deepEqual(
      await partner.found({ q: '+33 6 00 00 00 03' }),
      newest((i) => i === 3),
    )
    assert.deepEqual(
      await partner.found({ q: '06 00 00 00 1' }),
      newest((i) => i >= 10),
    )
    assert.deepEqual(
      await partner.found({ q: 'thi' }),
      newest((i) => i % 3 === 0),
    )
    assert.deepEqual(
      await partner.found({ q: 'elise.durand@exam', status: 'draft' }),
      newest((i) => i % 2 === 1),
    )
    for (const q of ['lan', 'nobody', 'elan nobody', '%', "'", '!', '&', ':*', '\\', '💥']) {
      assert.deepEqual(await partner.found({ q }), [], q)
    }
    assert.deepEqual(await partner.found({ q: ' ' }), newest())
  })

  test('has a client’s own only; the account has all, or one client’s', async () => {
    assert.deepEqual(await partner.found({ q: 'only' }), [])
    assert.equal((await neighbour.found({ q: 'elan' })).length, 1)
    assert.equal((await account.found({ q: 'elan' })).length, 13)
    assert.equal((await account.found({ externalReference: 'third' })).length, 5)
    assert.deepEqual(await account.found({ client_uid: uid }), newest())
    assert.deepEqual(
      await account.found({ client_uid: uid.toUpperCase(), q: 'elan 7' }),
      newest((i) => i === 7),
    )
    const stranger = new Partner(app, { apiKey: (await app.register()).apiKey })
    assert.deepEqual(await stranger.found({ q: 'elan' }), [])
  })

  test('follows a change of words', async () => {
    const pk = await neighbour.created({ lastname: 'Before' })
    await neighbour.send('PATCH', `profiles/${pk}/`, { attributes: { lastname: 'After' }, externalReference: 'late' })
    assert.deepEqual(await neighbour.found({ q: 'before' }), [])
    assert.deepEqual(await neighbour.found({ q: 'after' }), [pk])
    assert.deepEqual(await neighbour.found({ q: 'late' }), [pk])
  })

  test('refuses filters that mean nothing', async () => {
    for (const [query, field] of [
      ['page=0', 'page'],
      ['limit=101', 'limit'],
      ['limit=x', 'limit'],
      ['status=Complet', 'status'],
      ['createdAfter=yesterday', 'createdAfter'],
      ['createdAfter=2024-02-30', 'createdAfter'],
      ['createdBefore=2016-12-31T23:59:60Z', 'createdBefore'],
      ['client_uid=7', 'client_uid'],
    ]) {
      const answer = await partner.send('GET', `profiles/?${query}`)
      assert.equal(answer.status, 400, `${query}: ${answer.text}`)
      assert.equal(errorOf(answer).details[0]?.field, field, answer.text)
    }
    const far = await partner.send('GET', 'profiles/?page=101&limit=100')
    assert.equal(far.status, 400)
    assert.match(errorOf(far).message, /first 10,000/)
  })
})

test('every list is read by an index, with and without a filter, as the application’s own role', async () => {
  const { plans, searches } = await withOwner(app.database, async (owner) => {
    const explain = async (conditions: string) => {
      const { rows } = await owner.query<{ 'QUERY PLAN': string }>(
        `explain select pk from profiles where tenant_id = 'tenant_001' and ${conditions}`,
      )
      return rows.map((row) => row['QUERY PLAN']).join('\n')
    }
    await owner.query(
      `insert into profiles (tenant_id, client_id, status, external_reference, catalogue_version, attributes, search, created_at)
       select 'tenant_001', c.id, case i % 2 when 0 then 'draft' else 'complete' end, 'bulk-' || i, 0, '[]',
              array_to_tsvector(array['x:word' || i]), '2001-01-01'::timestamptz + i * interval '1 second'
         from clients c, generate_series(1, 4000) i where c.tenant_id = 'tenant_001'`,
    )
    await owner.query('analyze profiles')
    // Row level security keeps conditions away from indexes that the owner of the tables would use.
    await owner.query(`begin; set local role ${applicationRole}; select enter_tenant('tenant_001')`)
    const found: string[] = []
    for (const conditions of [
      `status = 'draft' order by created_at desc, pk desc limit 21`,
      `client_id = '${uid}' and status = 'draft' order by created_at desc, pk desc limit 21`,
      `external_reference = 'x'`,
    ]) {
      found.push(await explain(conditions))
    }
    await owner.query(`select profiles_by_words('''x:word77'':*', 'draft', null, null, null, null, 21)`)
    const { rows } = await owner.query<{ n: number }>(
      `select pg_stat_get_xact_numscans('profiles_by_words'::regclass)::integer as n`,
    )
    return { plans: found, searches: rows[0]?.n }
  })
  for (const [i, index] of ['of_tenant', 'of_client', 'by_reference'].entries()) {
    assert.match(plans[i] ?? '', new RegExp(`profiles_${index}`))
  }
  for (const plan of plans.slice(0, 2)) assert.doesNotMatch(plan, /Sort/)
  assert.equal(searches, 1)
})
