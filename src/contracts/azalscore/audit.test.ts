import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { recordEvent } from '#features/audit/index.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import type { RequestOptions, TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import { queryAsOwner, withOwner } from '#test/support/owner-query.ts'
import type { PreparedUser } from '#test/support/prepared-client.ts'
import { prepareTenant, prepareUser, signInAs, systemOf } from '#test/support/prepared-client.ts'

let app: TestApp
let tenantId: string
let owner: PreparedUser
let token: string
before(async () => {
  app = await startTestApp()
  tenantId = await prepareTenant(app)
  owner = await prepareUser(app, 'owner', tenantId)
  token = (await signInAs(app, owner)).access
})
after(() => app.close())

type Event = {
  id: string
  timestamp: string
  category: string
  action: string
  actor: { user_id?: string; ip_address?: string }
  target: { entity_type: string; entity_id: string } | null
  context: Record<string, unknown>
  severity: string
  request_id: string
  sequence: number
  hash_chain: string
}
type Page = { events: Event[]; total: number; total_is_exact: boolean; has_more: boolean; next_cursor: string | null }

const send = (path: string, options: RequestOptions = {}) => app.request(`/api/v1/audit${path}`, { token, ...options })

async function record(body: object, options: RequestOptions = {}): Promise<string> {
  const whole = { category: 'data_access', action: 'view_invoice', description: 'An invoice was looked at', ...body }
  const answer = await send('/events', { method: 'POST', body: whole, ...options })
  assert.equal(answer.status, 201, answer.text)
  return (answer.body as { id: string }).id
}

async function search(query: Record<string, string>, options: RequestOptions = {}): Promise<Page> {
  const answer = await send(`/events?${new URLSearchParams(query)}`, options)
  assert.equal(answer.status, 200, answer.text)
  return answer.body
}

const ids = ({ events }: Page) => events.map(({ id }) => id)

test('every filter finds what it says, and they combine', async () => {
  const target = { entity_type: 'invoice', entity_id: 'FA-77' }
  const wanted = await record({ target, severity: 'warning', action: 'print_invoice' })
  const similar = await record({ target, action: 'print_invoice' })
  const [found] = (await search({ target_id: 'FA-77', severity: 'warning' })).events
  assert.equal(found?.id, wanted)
  const userId = found?.actor.user_id ?? ''
  for (const [query, expected] of [
    [{ action: 'print_invoice' }, [similar, wanted]],
    [{ category: 'data_access', action: 'print_invoice', severity: 'warning' }, [wanted]],
    [{ target_type: 'invoice', target_id: 'FA-77' }, [similar, wanted]],
    [{ target_type: 'customer', target_id: 'FA-77' }, []],
    [{ request_id: found?.request_id ?? '' }, [wanted]],
    [{ user_id: userId, action: 'print_invoice' }, [similar, wanted]],
    [{ user_id: 'user_other', action: 'print_invoice' }, []],
    [{ action: 'print_invoice', start_date: found?.timestamp ?? '' }, [similar, wanted]],
    [{ action: 'print_invoice', end_date: '2024-01-31' }, []],
    [{ action: 'print_invoice', start_date: '2024-01-01', end_date: '2100-01-01T10:00:00+02:00' }, [similar, wanted]],
  ] as const) {
    assert.deepEqual(ids(await search(query)), expected, JSON.stringify(query))
  }
})

test('who signed in is found by the user, though he had no credential yet; a failure in his name too', async () => {
  const body = { username: owner.username, password: 'wrong', tenant_id: tenantId }
  await app.request('/api/v1/auth/session', { method: 'POST', body })
  await signInAs(app, owner)
  const found = await search({ category: 'authentication', user_id: owner.id })
  const actions = found.events.map(({ action }) => action)
  assert.ok(actions.includes('login_success') && actions.includes('login_failure'), actions.join())
  const success = found.events.find(({ action }) => action === 'login_success')
  assert.deepEqual([success?.actor.user_id, success?.actor.ip_address], [owner.id, '127.0.0.1'])
})

test('pages by offset and by cursor show every event once, newest first, whatever is written meanwhile', async () => {
  const recorded: string[] = []
  for (let i = 0; i < 7; i++) recorded.unshift(await record({ action: 'paged', description: `Number ${i}` }))
  const query = { action: 'paged', limit: '3' }
  const byOffset: string[] = []
  for (const offset of ['0', '3', '6']) {
    const page = await search({ ...query, offset })
    assert.deepEqual([page.total, page.total_is_exact, page.has_more], [7, true, offset !== '6'])
    byOffset.push(...ids(page))
  }
  assert.deepEqual(byOffset, recorded)
  const byCursor: string[] = []
  for (let page = await search(query); ; page = await search({ ...query, cursor: page.next_cursor ?? '' })) {
    byCursor.push(...ids(page))
    await record({ action: 'paged', description: 'Meanwhile' })
    if (!page.has_more) break
  }
  assert.deepEqual(byCursor, recorded)
})

test('the total of everything, and of one category, is exact; of other filters up to 10,000', async () => {
  const other = await prepareTenant(app)
  await withOwner(app.database, (client) =>
    client.query(
      `insert into audit_events (tenant_id, id, category, action, description, actor)
       select $1, 'evt_' || n, 'security', 'many', 'One of many', '{}' from generate_series(1, 10050) n`,
      [other],
    ),
  )
  const { access } = await signInAs(app, await prepareUser(app, 'owner', other))
  const by = { token: access }
  const [category, action] = [await search({ category: 'security' }, by), await search({ action: 'many' }, by)]
  // The creation of the user too.
  assert.deepEqual([category.total, category.total_is_exact], [10_051, true])
  assert.deepEqual([action.total, action.total_is_exact], [10_000, false])
  const everything = await search({}, by)
  const [counted] = await queryAsOwner<{ n: number }>(
    app.database,
    'select count(*)::integer as n from audit_events where tenant_id = $1',
    [other],
  )
  assert.equal(everything.total, counted?.n)
})

test('a client records and sees what concerns itself, and nothing else', async () => {
  const mine = await app.register('Records')
  const theirs = await app.register('Others')
  const [apiKey, otherKey] = [mine.apiKey, theirs.apiKey].map((key) => ({ apiKey: key, token: '' }))
  const id = await record({ action: 'own' }, apiKey)
  const seen = await search({}, apiKey)
  assert.equal(seen.events[0]?.id, id)
  assert.ok(
    seen.events.some(({ action }) => action === 'client.register'),
    'what was done to it',
  )
  assert.deepEqual(ids(await search({ client_id: theirs.id }, apiKey)), [])
  assert.equal((await send(`/events/${id}`, apiKey)).status, 200)
  assert.equal((await send(`/events/${id}`, otherKey)).status, 404)
  const own = await app.createClient('Of the first tenant')
  const account = await app.signIn()
  const neighbour = await app.signIn(own)
  const accountId = await record({ action: 'of_the_account' }, { token: account })
  assert.equal((await send(`/events/${accountId}`, { token: neighbour })).status, 404)
  for (const path of ['/verify-integrity', '/checkpoints']) {
    const answer = await send(path, { method: 'POST', body: {}, token: neighbour })
    assert.deepEqual(
      [answer.status, (answer.body as { error: { code: string } }).error.code],
      [403, 'account_level_required'],
    )
  }
})

test('the caller’s word is marked as such: it cannot pass for the server’s', async () => {
  const id = await record({
    category: 'authentication',
    action: 'login_success',
    context: { via: 'console', recorded: false },
  })
  const { context } = (await send(`/events/${id}`)).body as Event
  assert.deepEqual(context, { via: 'azalscore', recorded: true })
})

test('refuses what does not fit, and what could not be read again', async () => {
  const good = { category: 'data_access', action: 'a', description: 'b' }
  const nested = `${'['.repeat(200_000)}${']'.repeat(200_000)}`
  for (const [body, code] of [
    [{ ...good, category: 'gossip' }, 'validation_failed'],
    [{ ...good, action: 'a b' }, 'validation_failed'],
    [{ ...good, description: ' ' }, 'validation_failed'],
    [{ ...good, context: { a: 'x\u0000' } }, 'audit_context_invalid'],
    [{ ...good, context: { a: '\ud800' } }, 'audit_context_invalid'],
    [{ ...good, context: { a: 'x'.repeat(9000) } }, 'audit_context_invalid'],
  ] as const) {
    const answer = await send('/events', { method: 'POST', body })
    assert.deepEqual([answer.status, (answer.body as { error: { code: string } }).error.code], [422, code])
  }
  const raw = JSON.stringify({ ...good, context: { a: 0 } })
  for (const value of ['1e999', nested]) {
    const answer = await send('/events', { method: 'POST', raw: raw.replace('"a":0', `"a":${value}`) })
    assert.ok([400, 422].includes(answer.status), `${answer.status} ${answer.text.slice(0, 200)}`)
  }
  assert.equal(
    (await send('/events', { method: 'POST', body: { ...good, context: { a: '\\u0000 as text' } } })).status,
    201,
  )
  for (const query of [
    'start_date=yesterday',
    'start_date=2024-02-30',
    'end_date=2024-01-01T25:00',
    'limit=1001',
    'offset=-1',
    'cursor=abc',
    'category=all',
  ]) {
    assert.equal((await send(`/events?${query}`)).status, 422, query)
  }
})

test('verification tells in the document’s own words and ours, and is itself an event', async () => {
  const other = await prepareTenant(app)
  const as = { token: (await signInAs(app, await prepareUser(app, 'auditor', other))).access }
  const event = { category: 'data_access', action: 'a', description: 'b' } as const
  for (let i = 0; i < 3; i++) await runForResult(app.runtime.services, recordEvent, event, systemOf(other))
  const good = await send('/verify-integrity', { method: 'POST', body: { category: 'data_access' }, ...as })
  assert.deepEqual(
    { ...(good.body as object), verification_time_ms: 0, chains: [] },
    {
      valid: true,
      events_verified: 3,
      verification_time_ms: 0,
      events_checked: 3,
      events_redacted: 0,
      checkpoints_verified: 0,
      first_breach: null,
      breaches: [],
      chains: [],
    },
  )
  const [, second] = (await search({ category: 'data_access' }, as)).events
  await withOwner(app.database, async (client) => {
    await client.query('alter table audit_events disable trigger user')
    await client.query(`update audit_events set description = 'c' where id = $1`, [second?.id])
    await client.query('alter table audit_events enable trigger user')
  })
  const bad = await send('/verify-integrity', { method: 'POST', body: {}, ...as })
  const { valid, first_breach: breach } = bad.body as { valid: boolean; first_breach: Record<string, unknown> }
  assert.deepEqual([valid, breach.reason, breach.event_id, breach.sequence], [false, 'altered', second?.id, 2])
  const [told] = (await search({ action: 'audit.verify' }, as)).events
  assert.equal(told?.severity, 'critical')
})

test('checkpoints are listed and can be asked for; the export is a file', async () => {
  const made = await send('/checkpoints', { method: 'POST' })
  assert.equal(made.status, 201, made.text)
  const { checkpoints } = made.body as { checkpoints: { id: string; category: string }[] }
  assert.ok(checkpoints.length > 0)
  const listed = await send(`/checkpoints?category=${checkpoints[0]?.category}&limit=1`)
  assert.equal((listed.body as { checkpoints: { id: string }[] }).checkpoints[0]?.id, checkpoints[0]?.id)
  const exported = await send('/export?category=data_access')
  assert.equal(exported.headers.get('content-type'), 'application/x-ndjson')
  assert.match(
    exported.headers.get('content-disposition') ?? '',
    /^attachment; filename="audit-\d{4}-\d\d-\d\d\.jsonl"$/,
  )
  assert.match(exported.text, /^\{"categories":\["data_access"\]/)
})

test('a viewer does not see who did what from where; an auditor does, and changes nothing', async () => {
  const viewer = { token: (await signInAs(app, await prepareUser(app, 'viewer', tenantId))).access }
  const auditor = { token: (await signInAs(app, await prepareUser(app, 'auditor', tenantId))).access }
  assert.deepEqual([(await send('/events', viewer)).status, (await send('/events', auditor)).status], [403, 200])
  assert.equal((await send('/export', auditor)).status, 200)
  const settings = { method: 'PUT', body: { retention_days: 90 } }
  assert.equal((await send('/settings', { ...settings, ...auditor })).status, 403)
})
