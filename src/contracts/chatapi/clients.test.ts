import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Answer, TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import { queryAsOwner, withOwner } from '#test/support/owner-query.ts'

let app: TestApp
let account: string
before(async () => {
  app = await startTestApp()
  account = await app.signIn()
})
after(() => app.close())

type Client = { id: string; name: string; description: string | null; api_key: string; updated_at: string }

async function create(name: string, description?: string): Promise<Client> {
  const body = { name, description }
  const answer = await app.request('/api/v1/clients/', { method: 'POST', token: account, body })
  return (answer.body as { data: Client }).data
}

const put = (apiKey: string, body: unknown) => app.request('/api/v1/clients/me', { method: 'PUT', apiKey, body })
const error = (answer: Answer) =>
  (answer.body as { error: { code: string; details?: { field: string; error: string } } }).error

test('PUT /me replaces name and description: what is absent is cleared', async () => {
  const { api_key: key, id } = await create('To be replaced', 'A description')
  const answer = await put(key, { name: 'Replaced' })
  assert.equal(answer.status, 200)
  const { data }: { data: Client } = answer.body
  assert.deepEqual([data.id, data.name, data.description], [id, 'Replaced', null])
  const again = await put(key, { name: 'Replaced', description: null })
  assert.equal(again.status, 200)
})

test('PUT /me leaves what the document does not name: the SIRET of FactPulse', async () => {
  const { api_key: key, id } = await create('With a SIRET')
  const path = `/api/v1/clients/${id}`
  await app.request(path, { method: 'PATCH', token: account, body: { siret: '73282932000074' } })
  await put(key, { name: 'Still with a SIRET' })
  const seen = await app.request(path, { token: account })
  assert.equal((seen.body as { siret: string }).siret, '73282932000074')
})

test('PUT /me with the name of another client is DUPLICATE_CLIENT_NAME, in an account and among the self-registered', async () => {
  await create('Occupied')
  const { api_key: key } = await create('Wants to move')
  const self = [await app.register('Self one'), await app.register('Self two')]
  for (const answer of [await put(key, { name: 'Occupied' }), await put(self[1]?.apiKey ?? '', { name: 'Self one' })]) {
    assert.equal(answer.status, 409)
    assert.equal(error(answer).code, 'DUPLICATE_CLIENT_NAME')
  }
  assert.equal((await put(self[0]?.apiKey ?? '', { name: 'Self renamed' })).status, 200)
  assert.equal((await put(self[1]?.apiKey ?? '', { name: 'Self one' })).status, 200, 'a name given up is free')
})

test('names the field that does not fit', async () => {
  const { api_key: key } = await create('Checked')
  for (const [body, field] of [
    [{}, 'name'],
    [{ name: '' }, 'name'],
    [{ name: 7 }, 'name'],
    [{ name: 'Fine', description: ['list'] }, 'description'],
    [[], 'body'],
  ] as const) {
    const answer = await put(key, body)
    assert.equal(answer.status, 422)
    assert.deepEqual([error(answer).code, error(answer).details?.field], ['VALIDATION_ERROR', field])
  }
})

test('a client-level token works like the key; an account-level one has no client of its own', async () => {
  const { id } = await create('Token')
  const answer = await app.request('/api/v1/clients/me', { token: await app.signIn(id) })
  assert.equal((answer.body as { data: Client }).data.id, id)
  const refused = await app.request('/api/v1/clients/me', { token: account })
  assert.equal(refused.status, 403)
  assert.equal(error(refused).code, 'FORBIDDEN')
  assert.equal((await app.request('/api/v1/clients/me')).status, 401)
})

const secretTables = ['api_keys', 'client_credentials', 'webhook_secrets', 'email_configs'] as const

test('DELETE /me deletes the client and everything of it; audit events stay; its keys and tokens end', async () => {
  const { id, api_key: key } = await create('Deleted')
  const token = await app.signIn(id)
  const own = `/api/v1/clients/${id}`
  const urls = { flowServiceUrl: 'https://a.example/', tokenUrl: 'https://a.example/t' }
  const config = { ...urls, oauthClientId: 'c', clientSecret: 's' }
  await app.request(`${own}/pdp-config`, { method: 'PUT', apiKey: key, body: config })
  await app.request(`${own}/chorus-config`, { method: 'PUT', apiKey: key, body: config })
  await app.request(`${own}/webhook-secret/generate`, { method: 'POST', apiKey: key })
  await app.request('/api/v1/clients/me/api-keys', { method: 'POST', apiKey: key, body: { name: 'Second' } })
  const sendgrid = { provider: 'sendgrid', config: { api_key: 'SG.1', from_email: 'a@example.com' } }
  await app.request('/api/v1/clients/email-config', { method: 'POST', apiKey: key, body: sendgrid })

  const count = async (table: string) =>
    (await queryAsOwner(app.database, `select 1 from ${table} where client_id = $1`, [id])).length
  for (const table of secretTables) assert.ok((await count(table)) > 0, table)
  assert.ok((await count('sessions')) > 0)
  const events = () => queryAsOwner(app.database, 'select * from audit_events where target_id = $1 order by id', [id])
  const before = await events()

  const answer = await app.request('/api/v1/clients/me', { method: 'DELETE', apiKey: key })
  assert.equal(answer.status, 200)
  for (const table of [...secretTables, 'sessions']) assert.equal(await count(table), 0, table)
  assert.equal((await queryAsOwner(app.database, 'select 1 from clients where id = $1', [id])).length, 0)
  const after = await events()
  assert.deepEqual(after.slice(0, before.length), before)
  assert.equal(after.at(-1)?.action, 'client.delete')

  for (const credential of [{ apiKey: key }, { token }]) {
    assert.equal((await app.request('/api/v1/clients/me', credential)).status, 401)
  }
  assert.equal((await app.request(own, { token: account })).status, 404)
  assert.equal((await create('Deleted')).name, 'Deleted', 'its name is free again')
})

test('a deletion that fails half-way deletes nothing', async () => {
  const { id, api_key: key } = await create('Survives')
  await app.request(`/api/v1/clients/${id}/webhook-secret/generate`, { method: 'POST', apiKey: key })
  await queryAsOwner(
    app.database,
    `create function refuse() returns trigger language plpgsql as $$ begin raise exception 'not now'; end $$;
     create trigger refuse before delete on webhook_secrets for each row execute function refuse()`,
  )
  const failed = await app.request('/api/v1/clients/me', { method: 'DELETE', apiKey: key })
  await queryAsOwner(app.database, 'drop trigger refuse on webhook_secrets; drop function refuse()')
  assert.equal(failed.status, 500)
  assert.equal(failed.text.includes('not now'), false)
  const status = await app.request(`/api/v1/clients/${id}/webhook-secret/status`, { apiKey: key })
  assert.equal((status.body as { hasSecret: boolean }).hasSecret, true)
})

test('of two deletions at the same time the second is the document’s CLIENT_NOT_FOUND', async () => {
  const { id, api_key: key } = await create('Deleted twice')
  const [first, second] = await withOwner(app.database, async (owner) => {
    await owner.query('begin')
    await owner.query('select 1 from clients where id = $1 for update', [id])
    const running = [1, 2].map(() => app.request('/api/v1/clients/me', { method: 'DELETE', apiKey: key }))
    for (let waiting = 0; waiting < 2; ) {
      // Inside of a transaction the activity is otherwise seen as it was at the first look.
      await owner.query('select pg_stat_clear_snapshot()')
      const found = await owner.query(
        `select count(*)::int as waiting from pg_locks l join pg_stat_activity a using (pid)
          where not l.granted and a.datname = current_database()`,
      )
      waiting = found.rows[0].waiting
    }
    await owner.query('rollback')
    const answers = await Promise.all(running)
    return answers.sort((a, b) => a.status - b.status)
  })
  assert.equal(first?.status, 200)
  assert.equal(second?.status, 404)
  assert.deepEqual(second?.body, {
    error: { code: 'CLIENT_NOT_FOUND', message: 'Client not found' },
    status: 'error',
  })
})
