/** Sends what the API document allows, nearly allows and never thought of, as every kind of caller of one tenant; another one has used everything. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { createClientWithKey } from '#features/clients/index.ts'
import { builtInTemplates } from '#features/notifications/built-in-templates.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import type { Answer, TestApp } from '#test/support/app.ts'
import { firstTenant, startTestApp } from '#test/support/app.ts'
import { assertPrintedBy, errorFormats, written } from '#test/support/contract-errors.ts'
import { formOf } from '#test/support/form.ts'
import type { ApiDocument, DocumentedOperation, GeneratedRequest } from '#test/support/openapi-requests.ts'
import { isPick, operationsOf } from '#test/support/openapi-requests.ts'
import type { Outside } from '#test/support/outside.ts'
import { startOutside } from '#test/support/outside.ts'
import { queryAsOwner } from '#test/support/owner-query.ts'
import {
  prepareClient,
  prepareTenant,
  prepareUser,
  signInAs,
  statement,
  systemOf,
  unique,
} from '#test/support/prepared-client.ts'
import type { Credential, Subject } from '#test/support/route-examples.ts'
import { apiKey, bearer, routeExamples } from '#test/support/route-examples.ts'
import { TableReader } from '#test/support/table-checksums.ts'
import { useEverything } from '#test/support/used-tenant.ts'
import { collectionOf, KnownIds } from './known-ids.ts'

type Callers = Record<'account' | 'client' | 'clientToken' | 'viewer' | 'nobody', Credential>

/** What is told of a request that went wrong, to send it again. */
type Sent = { operation: DocumentedOperation; as: keyof Callers; path: string; body: string | null }

const requestId = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const words = (text: string): string[] => text.match(/[\p{L}\p{N}_@.-]{10,}/gu) ?? []
/** Numbers and times are everywhere, so they prove nothing. */
const isTelling = (word: string): boolean => /\p{L}/u.test(word) && !/^\d{4}-\d\d-\d\d/.test(word)

export class OpenApiFuzz {
  readonly app: TestApp
  readonly operations: DocumentedOperation[]
  /** Words that callers have had taken as their own: they may come back. */
  readonly #given = new Set<string>()
  readonly seen = { requests: 0, accepted: 0, operationsAccepted: new Set<string>() }
  readonly #outside: Outside
  readonly #tables: TableReader
  readonly #foreignTenant: string
  readonly #canaries: ReadonlySet<string>
  readonly #ids: KnownIds
  readonly #foreignRows: string[]
  #subject: Subject
  #callers: Callers

  static async open(): Promise<OpenApiFuzz> {
    const outside = await startOutside()
    const app = await startTestApp({ config: { ...outside.config, trustProxy: ['127.0.0.1'] } })
    const tables = new TableReader(app.database.owner)
    await tables.connect({ except: [] })
    const foreignTenant = await prepareTenant(app)
    const foreign = await subjectOf(app, outside, foreignTenant)
    const subject = await subjectOf(app, outside, await prepareTenant(app))
    const { access } = await signInAs(app, foreign.user)
    await useEverything(app, foreign)
    await useEverything(app, { ...subject, user: await prepareUser(app, 'owner', subject.client.tenantId) })
    const foreignRows = await tables.dumpOf(foreignTenant)
    const own = [subject.client.tenantId, firstTenant]
    const others = new Set((await Promise.all(own.map((one) => tables.dumpOf(one)))).flat().flatMap(words))
    // What the platform says by itself, to whom it has something to say.
    for (const word of words(JSON.stringify(builtInTemplates))) others.add(word)
    const canaries = new Set(foreignRows.flatMap(words).filter((word) => isTelling(word) && !others.has(word)))
    const customers = await app.request('/api/v1/customers', { token: access })
    assert.ok(
      words(customers.text).some((word) => canaries.has(word)),
      'their own tenant gets to see them',
    )
    return new OpenApiFuzz(
      { app, outside, tables, subject, foreignTenant, foreignRows, canaries },
      await callersOf(app, subject),
      (await app.request('/openapi.json')).body,
    )
  }

  private constructor(
    given: {
      app: TestApp
      outside: Outside
      tables: TableReader
      subject: Subject
      foreignTenant: string
      foreignRows: string[]
      canaries: ReadonlySet<string>
    },
    callers: Callers,
    document: ApiDocument,
  ) {
    this.app = given.app
    this.#outside = given.outside
    this.#tables = given.tables
    this.#subject = given.subject
    this.#foreignTenant = given.foreignTenant
    this.#foreignRows = given.foreignRows
    this.#canaries = given.canaries
    this.#ids = new KnownIds([...given.canaries].filter((word) => /^[\w-]+$/.test(word)))
    this.#callers = callers
    this.operations = operationsOf(document, (id) => routeExamples[id]?.request(this.#subject).body)
  }

  /** What there is to ask for, as every reader sees it: ids for the requests to come. */
  async look(): Promise<void> {
    const lists = this.operations.filter((one) => one.method === 'GET' && !one.template.includes('{'))
    for (const operation of lists) {
      await this.#try(operation, { path: {}, query: {}, headers: {}, caller: 0 }, 'looking around')
    }
  }

  /** Each operation so many times, in an order of the seed's own. */
  async round(seed: number, times: number): Promise<void> {
    const order = fc.sample(fc.shuffledSubarray(this.operations, { minLength: this.operations.length }), {
      seed,
      numRuns: 1,
    })
    for (const operation of order[0] ?? []) {
      for (const request of fc.sample(operation.requests(), { seed, numRuns: times })) {
        await this.#try(operation, request, `seed ${seed}`)
      }
    }
  }

  /** Nothing of the other tenant was changed, and nothing was a failure of ours. */
  async assertNoHarm(): Promise<void> {
    assert.deepEqual(await this.#tables.dumpOf(this.#foreignTenant), this.#foreignRows, 'another tenant was changed')
    assert.ok(this.#canaries.size > 300, `${this.#canaries.size} words that only the other tenant has`)
    const failures = this.app.logs.filter((line) => line.includes('"level":50'))
    assert.deepEqual(failures, [], 'nothing was logged as our own failure')
    assert.equal(({} as { isAdmin?: boolean }).isAdmin, undefined, 'no prototype was changed')
    assert.equal((await this.app.request('/health/ready')).status, 200)
  }

  async close(): Promise<void> {
    await this.#tables.end()
    await this.app.close()
    await this.#outside.stop()
  }

  async #try(operation: DocumentedOperation, request: GeneratedRequest, when: string): Promise<void> {
    const rightful = this.#rightful(operation)
    const as =
      rightful === 'nobody'
        ? rightful
        : (([rightful, 'client', 'clientToken', 'viewer', 'nobody'] as const)[Math.max(0, (request.caller % 12) - 7)] ??
          rightful)
    const { path, options } = this.#toWire(operation, request)
    const sent: Sent = { operation, as, path, body: options.raw?.toString() ?? null }
    const answer = await this.#send(path, { ...options, headers: { ...options.headers, ...this.#callers[as] } })
    this.seen.requests += 1
    const what = `${when}: ${operation.method} ${path.slice(0, 300)} as ${as} with ${sent.body?.slice(0, 600)}: ${answer.status} ${answer.text.slice(0, 600)}`
    this.#judge(sent, answer, what)
    if (answer.status < 300) {
      this.seen.accepted += 1
      this.seen.operationsAccepted.add(operation.id)
      this.#ids.learn(operation.template, answer.body)
      for (const word of [...words(decodeURIComponent(path)), ...words(sent.body ?? '')]) this.#given.add(word)
    }
    if (as === rightful && [401, 403].includes(answer.status)) await this.#renewCallers()
  }

  #judge({ operation, as, path, body }: Sent, answer: Answer, what: string): void {
    assert.ok(answer.status < 500 || answer.status === 503, `${what}\n${this.app.logs.slice(-3).join('')}`)
    assert.match(answer.headers.get('x-request-id') ?? '', requestId, what)
    assert.equal(answer.headers.get('x-content-type-options'), 'nosniff', what)
    assert.ok(as !== 'nobody' || operation.isPublic || answer.status >= 400, `${what}: without a credential`)
    if (answer.status >= 400) {
      const contract = this.app.routes.find((one) => one.operationId === operation.id)?.contract.name ?? 'azalscore'
      // A parameter such as ".." makes another address of it, which may be nobody's.
      const isElsewhere = path.split('?')[0] !== new URL(path, this.app.url).pathname || path.includes('%2F')
      const speaker = isElsewhere && !errorFormats[contract]?.fits(written(answer)) ? 'azalscore' : contract
      assertPrintedBy(speaker, written(answer), what)
    } else {
      assert.ok(operation.promises(answer.status, answer.body), `${what}: not as documented`)
    }
    const asked = new Set(words(decodeURIComponent(path)).concat(words(body ?? '')))
    const told = words(answer.text).filter(
      (word) => this.#canaries.has(word) && !asked.has(word) && !this.#given.has(word),
    )
    assert.deepEqual(told, [], `${what}: data of another tenant`)
  }

  #rightful({ id }: DocumentedOperation): keyof Callers {
    const caller = routeExamples[id]?.caller ?? 'account'
    return caller === 'user' ? 'account' : caller
  }

  #toWire(operation: DocumentedOperation, request: GeneratedRequest) {
    const { template, filePart, method } = operation
    const prefixOf = (name: string) => collectionOf(template.slice(0, template.indexOf(`{${name}}`)))
    const path = template.replace(/\{(\w+)\}/g, (_, name: string) => {
      const text = this.#textOf(request.path[name], name, prefixOf(name))
      return encodeURIComponent(text) || 'none'
    })
    const query = new URLSearchParams(
      Object.entries(request.query).map(([name, value]): [string, string] => [
        name,
        this.#textOf(value, name, template),
      ]),
    ).toString()
    // Bytes that cannot be in a header are the business of raw sockets (fuzz-http.slow.test.ts).
    const headers: Record<string, string> = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [
        name.toLowerCase(),
        this.#textOf(value, name, template).replace(/[^\x20-\x7e]/g, '?'),
      ]),
    )
    const target = query === '' ? path : `${path}?${query}`
    if (request.body === undefined) return { path: target, options: { method, headers, raw: undefined } }
    const body = this.#withIds(request.body, template)
    if (!filePart) return { path: target, options: { method, headers, raw: JSON.stringify(body) } }
    const { [filePart]: _, ...fields } = body as Record<string, unknown>
    const form = formOf(fields, { [filePart]: request.caller % 2 ? statement() : Buffer.from('code;nom\nC1;Alpha\n') })
    return { path: target, options: { method, headers: { ...headers, 'content-type': form.type }, raw: form.body } }
  }

  #textOf(value: unknown, name: string, prefix: string): string {
    if (isPick(value)) return this.#pick(value.pick, name, prefix)
    return (typeof value === 'string' ? value : (JSON.stringify(value) ?? '')).toWellFormed()
  }

  #withIds(value: unknown, template: string, name = ''): unknown {
    if (isPick(value)) return this.#pick(value.pick, name, template)
    if (Array.isArray(value)) return value.map((one) => this.#withIds(one, template, name))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, this.#withIds(one, template, key)]))
  }

  #pick(pick: number, name: string, prefix: string): string {
    const { client, user } = this.#subject
    return this.#ids.pick(pick, {
      name,
      prefix,
      example: { uid: client.uid, clientId: client.uid, user_id: user.id }[name],
    })
  }

  async #renewCallers(): Promise<void> {
    const { account, client } = this.#callers
    const stillThere = await Promise.all([
      this.app.request('/api/v1/users?limit=1', { headers: account }),
      this.app.request('/api/v1/clients/me', { headers: client }),
    ])
    if (stillThere.every((answer) => answer.status === 200)) return
    const { tenantId } = this.#subject.client
    await queryAsOwner(this.app.database, 'update tenants set mfa_required = false where id = $1', [tenantId])
    const as = systemOf(tenantId)
    // Nothing but a key: what a client needs otherwise may have been made impossible (a required attribute).
    const { client: made, key } = await runForResult(
      this.app.runtime.services,
      createClientWithKey,
      { name: unique('Renewed') },
      as,
    )
    const user = await prepareUser(this.app, 'owner', tenantId)
    this.#subject = { ...this.#subject, client: { ...this.#subject.client, uid: made.uid, apiKey: key.key }, user }
    this.#callers = await callersOf(this.app, this.#subject)
  }

  async #send(
    path: string,
    options: { method: string; headers: Record<string, string>; raw?: string | Buffer | undefined },
  ): Promise<Answer> {
    const body = options.raw === undefined ? null : new Uint8Array(Buffer.from(options.raw))
    // A new address for each: guesses from one address would soon be refused unread (429).
    const n = this.seen.requests
    const sender = { 'x-forwarded-for': `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}` }
    const type: Record<string, string> = body ? { 'content-type': 'application/json' } : {}
    const response = await fetch(this.app.url + path, {
      method: options.method,
      redirect: 'manual',
      headers: { ...type, ...options.headers, ...sender },
      body,
    })
    const { status, headers } = response
    // Events go on for ever: who listens is enough.
    if (headers.get('content-type')?.startsWith('text/event-stream')) {
      await response.body?.cancel()
      return { status, headers, text: '', body: undefined as never }
    }
    const text = await response.text()
    const isJson = headers.get('content-type')?.startsWith('application/json')
    return { status, headers, text, body: (isJson ? JSON.parse(text) : undefined) as never }
  }
}

async function subjectOf(app: TestApp, outside: Outside, tenantId: string): Promise<Subject> {
  const client = await prepareClient(app, outside, { tenantId })
  return { client, user: await prepareUser(app, 'owner', tenantId), refreshToken: 'rt_none' }
}

async function callersOf(app: TestApp, { client, user }: Subject): Promise<Callers> {
  const viewer = await prepareUser(app, 'viewer', client.tenantId)
  return {
    account: bearer((await signInAs(app, user)).access),
    client: apiKey(client.apiKey),
    clientToken: bearer((await signInAs(app, user, client.uid)).access),
    viewer: bearer((await signInAs(app, viewer)).access),
    nobody: {},
  }
}
