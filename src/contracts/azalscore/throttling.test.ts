import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { generateFernetKey } from '#kernel/fernet.ts'
import type { Answer, TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import { codeOf, createUser, inDatabase, post, postSession, signInAs } from '#test/support/identity.ts'
import { createTestDatabase } from '#test/support/postgres.ts'

describe('sign-in throttling', () => {
  let app: TestApp

  before(async () => {
    app = await startTestApp({ config: { trustProxy: ['127.0.0.1'] } })
  })
  after(() => app.close())

  const wrong = (username: string, from: string) =>
    postSession(app, { username, password: 'not the password' }, { from })
  const fail = async (username: string, from: string, times: number) => {
    const answers: Answer[] = []
    for (let i = 0; i < times; i++) answers.push(await wrong(username, from))
    return answers.map((one) => one.status)
  }

  test('lets five wrong passwords pass, then says how long to wait', async () => {
    const { username } = await createUser(app, ['viewer'])
    assert.deepEqual(await fail(username, '198.51.100.10', 5), [401, 401, 401, 401, 401])
    const sixth = await wrong(username, '198.51.100.10')
    assert.deepEqual([sixth.status, codeOf(sixth)], [429, 'attempts_throttled'])
    assert.equal(sixth.headers.get('retry-after'), '1')
  })

  test('says the same for names that do not exist, and for the right password', async () => {
    const user = await createUser(app, ['viewer'])
    assert.deepEqual(await fail('nobody@example.com', '198.51.100.11', 6), [401, 401, 401, 401, 401, 429])
    await fail(user.username, '198.51.100.12', 5)
    assert.equal((await postSession(app, user, { from: '198.51.100.12' })).status, 429)
  })

  test('doubles the delay, which ends by itself', async () => {
    const user = await createUser(app, ['viewer'])
    const address = '198.51.100.13'
    await fail(user.username, address, 5)
    for (const expected of ['2', '4', '8']) {
      await passTime(app)
      assert.equal((await wrong(user.username, address)).status, 401)
      assert.equal((await wrong(user.username, address)).headers.get('retry-after'), expected)
    }
    await passTime(app)
    assert.equal((await postSession(app, user, { from: address })).status, 200)
    assert.deepEqual(await fail(user.username, address, 5), [401, 401, 401, 401, 401], 'a success starts anew')
  })

  test('slows an address down that tries one name after another, not its known users', async () => {
    const [known, other] = [await createUser(app, ['viewer']), await createUser(app, ['viewer'])]
    const address = '198.51.100.14'
    await signInAs(app, known, { from: address })
    for (let i = 0; i < 5; i++) await wrong(`guess${i}@example.com`, address)
    assert.equal((await postSession(app, other, { from: address })).status, 429)
    assert.equal((await postSession(app, known, { from: address })).status, 200)
  })

  test('does not let an attacker with many addresses lock the user out, from anywhere else', async () => {
    const user = await createUser(app, ['viewer'])
    await signInAs(app, user, { from: '192.0.2.1' })
    const attack: Promise<number[]>[] = []
    for (let i = 0; i < 14; i++) attack.push(fail(user.username, `203.0.113.${i}`, 6))
    const statuses = (await Promise.all(attack)).flat()
    assert.ok(statuses.filter((one) => one === 401).length >= 50)
    assert.equal((await postSession(app, user, { from: '192.0.2.1' })).status, 200, 'known address')
    assert.equal((await postSession(app, user, { from: '192.0.2.2' })).status, 200, 'new address: slower, not refused')
  })

  test('judges five of a hundred simultaneous guesses, and one or two more whose delay has passed meanwhile', async () => {
    const user = await createUser(app, ['viewer'])
    const started = performance.now()
    const guesses = await Promise.all(Array.from({ length: 100 }, () => wrong(user.username, '198.51.100.15')))
    const judged = guesses.filter((one) => one.status === 401).length
    // Delays of 1 s, 2 s, 4 s, ...: a busy machine answers the last guesses when several have passed.
    const passed = Math.ceil(Math.log2((performance.now() - started) / 1000 + 1))
    assert.ok(judged >= 5 && judged <= 5 + passed, `${judged} were judged, ${passed} delays have passed`)
    assert.equal(guesses.filter((one) => one.status === 429).length, 100 - judged)
  })

  test('keeps no user names: only hashes', async () => {
    await wrong('secretive@example.com', '198.51.100.16')
    const { rows } = await inDatabase(app, (client) => client.query('select * from sign_in_failures'))
    assert.equal(JSON.stringify(rows).includes('secretive'), false)
  })

  test('forgets what has expired: failures after a day, addresses, links and pending sign-ins in their time', async () => {
    await wrong('old@example.com', '198.51.100.17')
    const left = await inDatabase(app, async (client) => {
      await client.query(`update sign_in_failures set last_failed_at = now() - interval '25 hours'`)
      await client.query(`update known_addresses set last_used_at = now() - interval '61 days'`)
      await client.query('select delete_expired_identity(1000)')
      const { rows } = await client.query(
        'select (select count(*) from sign_in_failures) + (select count(*) from known_addresses) as rows',
      )
      return Number((rows[0] as { rows: string }).rows)
    })
    assert.equal(left, 0)
  })

  test('answers an unknown user and a wrong password alike, in the same time', async () => {
    const user = await createUser(app, ['viewer'])
    // Processor time, hashing included: what else the machine does is no part of it.
    const times: Record<'known' | 'unknown', number[]> = { known: [], unknown: [] }
    const bodies = new Set<string>()
    for (let i = 0; i < 40; i++) {
      for (const kind of ['known', 'unknown'] as const) {
        const username = kind === 'known' ? user.username : `unknown${i}@example.com`
        const before = process.cpuUsage()
        const answer = await wrong(username, `2001:db8:${i}:${kind === 'known' ? 1 : 2}::1`)
        const { user: own, system } = process.cpuUsage(before)
        times[kind].push((own + system) / 1000)
        bodies.add(`${answer.status} ${codeOf(answer)}`)
      }
      await inDatabase(app, (client) => client.query('delete from sign_in_failures'))
    }
    assert.deepEqual([...bodies], ['401 sign_in_refused'])
    const [known, unknown] = [median(times.known), median(times.unknown)]
    assert.ok(Math.abs(known - unknown) < 0.2 * known, `known ${known} ms, unknown ${unknown} ms`)
  })
})

test('two nodes count together', async (t) => {
  const database = await createTestDatabase()
  const config = { masterKeys: generateFernetKey() }
  const first = await startTestApp({ database, config })
  const second = await startTestApp({ database, config })
  t.after(async () => {
    await first.close()
    await second.close()
    await database.drop()
  })
  const session = await signInAs(first)
  const guess = { username: 'nobody@example.com', password: 'not the password' }
  const statuses: number[] = []
  for (let i = 0; i < 6; i++) statuses.push((await postSession(i % 2 ? first : second, guess)).status)
  assert.deepEqual(statuses, [401, 401, 401, 401, 401, 429])
  // Ending a session on one node ends it on the other.
  assert.equal((await second.request('/api/v1/sessions', { token: session.access_token })).status, 200)
  await post(first, '/api/v1/auth/logout', { token: session.access_token })
  assert.equal((await second.request('/api/v1/sessions', { token: session.access_token })).status, 401)
})

/** As if every delay had just passed. */
async function passTime(app: TestApp): Promise<void> {
  await inDatabase(app, (client) =>
    client.query(`update sign_in_failures set blocked_until = now() - interval '1 second'`),
  )
}

function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}
