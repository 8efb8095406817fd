/** Every column of every table as a field of every body, at its top and inside: nothing of it gets into any row. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { DocumentedRoute } from '#contracts/shared/contract.ts'
import type { TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import type { Outside } from '#test/support/outside.ts'
import { startOutside } from '#test/support/outside.ts'
import { prepareClient, prepareTenant, prepareUser, signInAs } from '#test/support/prepared-client.ts'
import type { Subject } from '#test/support/route-examples.ts'
import { addressOf, apiKey, bearer, exampleOf } from '#test/support/route-examples.ts'
import { TableReader } from '#test/support/table-checksums.ts'

let app: TestApp
let outside: Outside
let tables: TableReader
before(async () => {
  outside = await startOutside()
  app = await startTestApp({ config: outside.config })
  tables = new TableReader(app.database.owner)
  await tables.connect({ except: [] })
})
after(async () => {
  await tables.end()
  await app.close()
  await outside.stop()
})

/** In no column by itself. Where it got into one of another type than text, the statement failed: a 500. */
const planted = 'planted-by-mass-assignment'

type Schema = { properties?: Record<string, Schema>; patternProperties?: object; anyOf?: Schema[]; items?: Schema }

/** The body with the columns added wherever the schema names the fields; free-form objects are the caller's own. */
function poisoned(body: unknown, schema: Schema, extra: Record<string, string>): unknown {
  if (Array.isArray(body)) return body.map((one) => poisoned(one, schema.items ?? {}, extra))
  if (typeof body !== 'object' || body === null || !schema.properties || schema.patternProperties) return body
  const { properties } = schema
  const own = Object.entries(body).map(([key, one]) => [key, poisoned(one, properties[key] ?? {}, extra)])
  const added = Object.entries(extra).filter(([key]) => properties[key] === undefined)
  return { ...Object.fromEntries(added), ...Object.fromEntries(own) }
}

async function columns(): Promise<string[]> {
  const rows = await tables.query<{ name: string }>(
    `select distinct attname as name from pg_attribute a join pg_class c on c.oid = a.attrelid
      where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped`,
  )
  return rows.map((row) => row.name)
}
const camelCase = (name: string) => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())

test('a field that a body does not have is in no row afterwards, and belongs to nobody else', async () => {
  const names = await columns()
  assert.ok(names.length > 300, `${names.length} columns`)
  const tenantId = await prepareTenant(app)
  const other = await prepareTenant(app)
  await prepareUser(app, 'owner', other)
  const before = await tables.dumpOf(other)
  const owner = await prepareUser(app, 'owner', tenantId)
  const extra = Object.fromEntries(names.flatMap((name) => [name, camelCase(name)]).map((name) => [name, planted]))
  for (const name of ['tenant_id', 'tenantId', 'tid', 'account_id']) extra[name] = other
  const subject: Subject = { client: await prepareClient(app, outside, { tenantId }), user: owner, refreshToken: '' }
  const taken: string[] = []
  for (const route of app.routes.filter((one) => one.request.body && !one.upload)) {
    if (await isTaken(route, { ...subject }, extra)) taken.push(route.operationId)
  }
  assert.ok(taken.length > 20, `only ${taken.length} bodies were taken at all: ${taken.join(', ')}`)
  const rows = (await tables.dump()).filter((row) => row.includes(planted))
  assert.deepEqual(rows, [], 'fields of bodies that are no fields got into rows')
  assert.deepEqual(await tables.dumpOf(other), before, 'another tenant got something')
})

/** Refused, or taken without the fields: never a failure. */
async function isTaken(route: DocumentedRoute, subject: Subject, extra: Record<string, string>): Promise<boolean> {
  const { caller, request, prepare, succeedsIn } = exampleOf(route)
  if (succeedsIn) return false
  if (caller === 'user' || prepare) subject.user = await prepareUser(app, 'owner', subject.client.tenantId)
  const token = (await signInAs(app, subject.user)).access
  const example = prepare ? await prepare({ app, subject, token }) : request(subject)
  const credential = caller === 'nobody' ? {} : caller === 'client' ? apiKey(subject.client.apiKey) : bearer(token)
  const body = poisoned(example.body ?? {}, route.request.body as Schema, extra)
  const answer = await app.request(addressOf(route, example), {
    method: route.method,
    body,
    headers: { ...example.headers, ...credential },
  })
  const what = `${route.operationId}: ${answer.status} ${answer.text.slice(0, 500)}`
  assert.ok(answer.status < 500, `${what}\n${app.logs.slice(-2).join('')}`)
  if (answer.status < 300) assert.ok(!answer.text.includes(planted), what)
  return answer.status < 300
}
