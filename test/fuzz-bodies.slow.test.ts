/** Bodies that do not fit, in every field of every route: refused in the contract's words, never a failure of ours. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import type { DocumentedRoute } from '#contracts/shared/contract.ts'
import type { Answer, TestApp } from './support/app.ts'
import { startTestApp } from './support/app.ts'
import { assertPrintedBy, written } from './support/contract-errors.ts'
import { generatorOf, nearly, oddValues } from './support/odd-values.ts'
import type { Outside } from './support/outside.ts'
import { startOutside } from './support/outside.ts'
import type { PreparedUser } from './support/prepared-client.ts'
import { prepareClient, prepareTenant, prepareUser, signInAs } from './support/prepared-client.ts'
import type { Credential, Example, Subject } from './support/route-examples.ts'
import { addressOf, apiKey, bearer, exampleOf } from './support/route-examples.ts'

let app: TestApp
let outside: Outside
let user: PreparedUser

before(async () => {
  outside = await startOutside()
  app = await startTestApp({ config: { ...outside.config, trustProxy: ['127.0.0.1'] } })
  user = await prepareUser(app, 'owner')
})
after(async () => {
  await app.close()
  await outside.stop()
})

/** A route with the request that succeeds there, and a credential for it. */
type Target = { route: DocumentedRoute; example: Example; credential: Credential; body: TSchema }

async function targets(): Promise<Target[]> {
  const found: Target[] = []
  // Whoever is not the client itself is of another tenant, and leaves it as it is.
  const untouchable = await prepareClient(app, outside)
  for (const route of app.routes) {
    const { body } = route.request
    // Forms with a file are no JSON: src/contracts/partnerb2b/upload-forms.test.ts sends what is no form.
    if (!body || route.upload) continue
    const { caller, request } = exampleOf(route)
    const client = caller === 'client' ? await prepareClient(app, outside) : untouchable
    const subject: Subject = { client, user, refreshToken: 'rt_none' }
    const credential = caller === 'client' ? apiKey(client.apiKey) : bearer(await ownAccount())
    found.push({ route, example: request(subject), credential, body })
  }
  return found
}

let prepared: Promise<Target[]> | null = null
/** The same for all tests in which next to nothing is accepted; the one that accepts something is the last of them. */
function untouched(): Promise<Target[]> {
  prepared ??= targets()
  return prepared
}

/** An owner of a tenant of its own: what one route is made to change there, such as "MFA is demanded", stops no other. */
async function ownAccount(): Promise<string> {
  const tenantId = await prepareTenant(app)
  return (await signInAs(app, await prepareUser(app, 'owner', tenantId))).access
}

/** A new address for each request: guesses from one address would soon be refused unread (429). */
let sent = 0
function senderAddress(): string {
  sent += 1
  return `10.${(sent >> 16) & 255}.${(sent >> 8) & 255}.${sent & 255}`
}

function send({ route, example, credential }: Target, raw: string): Promise<Answer> {
  const headers = { ...example.headers, ...credential, 'x-forwarded-for': senderAddress() }
  return app.request(addressOf(route, example), { method: route.method, raw, headers })
}

/** @returns whether it was accepted */
async function accepts(target: Target, raw: string): Promise<boolean> {
  const answer = await send(target, raw)
  const what = `${target.route.operationId} with ${raw.slice(0, 200)}`
  assert.ok(answer.status < 500, `${what}: ${answer.status} ${answer.text}\n${app.logs.slice(-3).join('')}`)
  if (answer.status >= 400) assertPrintedBy(target.route.contract.name, written(answer), what)
  return answer.status < 400
}

async function refuses(target: Target, raw: string): Promise<void> {
  assert.equal(await accepts(target, raw), false, `${target.route.operationId} accepted ${raw.slice(0, 200)}`)
}

async function assertHealthy(): Promise<void> {
  const ready = await app.request('/health/ready')
  assert.equal(ready.status, 200, ready.text)
  const failures = app.logs.filter((line) => line.includes('"level":50'))
  assert.deepEqual(failures, [], 'nothing was logged as our own failure')
}

test('refuses a body without a required field, and names the field', async () => {
  for (const target of await untouched()) {
    for (const name of (target.body as { required?: string[] }).required ?? []) {
      const { [name]: _, ...rest } = target.example.body ?? {}
      const answer = await send(target, JSON.stringify(rest))
      const status = ['oauth2-clients', 'partnerb2b'].includes(target.route.contract.name) ? 400 : 422
      assert.equal(answer.status, status, `${target.route.operationId} without ${name}: ${answer.text}`)
      assert.match(answer.text, new RegExp(name), target.route.operationId)
    }
  }
})

test('of a key that comes twice the last one counts, as JSON.parse does; no field slips past validation', async () => {
  for (const target of await untouched()) {
    for (const name of Object.keys(target.example.body ?? {})) {
      const whole = JSON.stringify(target.example.body)
      await refuses(target, `${whole.slice(0, -1)},"${name}":[[]]}`)
    }
  }
})

test('refuses what is no JSON object: broken, of another type, deep as a well, with poisoned keys', async () => {
  const depth = 100_000
  const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
  const deep = nested(depth)
  const deepObject = '{"a":'.repeat(depth) + 1 + '}'.repeat(depth)
  const broken = ['', ' ', '{', '}', '{"name":', '{"name":"a",}', "{'name':'a'}", 'name=a', '\u0000', '{"a":1}{"b":2}']
  const otherTypes = ['null', 'true', '0', '"text"', '[]', '[{}]', '{}']
  for (const target of await untouched()) {
    const fits = Compile(target.body)
    const poisoned = ['__proto__', 'constructor'].map(
      (key) => `${JSON.stringify(target.example.body).slice(0, -1)},"${key}":{"prototype":{"isAdmin":true}}}`,
    )
    for (const raw of [...broken, ...poisoned, '['.repeat(depth)]) await refuses(target, raw)
    // A route without required fields takes an empty object, and any with unknown fields.
    for (const raw of [...otherTypes, deep, deepObject]) {
      if (fits.Check(JSON.parse(raw))) await accepts(target, raw)
      else await refuses(target, raw)
    }
    for (const name of Object.keys(target.example.body ?? {})) {
      const rest = JSON.stringify({ ...target.example.body, [name]: 'HERE' })
      // Deep enough for whatever recurses; the parser, which costs most, has had the deeper one.
      await refuses(target, rest.replace('"HERE"', nested(depth / 10)))
    }
  }
  assert.equal(({} as { isAdmin?: boolean }).isAdmin, undefined, 'no prototype was changed')
  await assertHealthy()
})

test('takes or refuses odd values in every field as its schema says, and never fails', async () => {
  // All of them in each field took minutes: an eighth in each, the next eighth in the next one.
  let fields = 0
  // The last that takes these: from here on what they are about is changed.
  for (const target of await untouched()) {
    const fits = Compile(target.body)
    const { properties = {} } = target.body as { properties?: Record<string, TSchema> }
    for (const name of Object.keys(properties)) {
      fields += 1
      const tried = oddValues.map(async (value, i) => {
        if ((fields + i) % 8 > 0) return
        const body = { ...target.example.body, [name]: value }
        if (fits.Check(body)) await accepts(target, JSON.stringify(body))
        else await refuses(target, JSON.stringify(body))
      })
      await Promise.all(tried)
    }
  }
  await assertHealthy()
})

test('never fails on generated bodies that fit or nearly fit the schema', async () => {
  for (const target of await targets()) {
    const fits = Compile(target.body)
    const { properties = {} } = target.body as { properties?: Record<string, TSchema> }
    const body = generatorOf(target.body)
    const nearBody = nearly(body, Object.keys(properties))
    await fc.assert(
      fc.asyncProperty(fc.oneof(body, nearBody), async (given) => {
        const raw = JSON.stringify(given)
        // What JSON cannot carry (undefined, NaN) arrives as something else.
        if (fits.Check(JSON.parse(raw))) await accepts(target, raw)
        else await refuses(target, raw)
      }),
      { numRuns: 8, seed: 42, endOnFailure: true },
    )
  }
  await assertHealthy()
})
