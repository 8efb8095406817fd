/** A tenant that takes a course of operations and keeps what it was told: to be compared with another that took the same one alone. */

import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { createClientWithKey } from '#features/clients/index.ts'
import { operations } from '#features/registry.ts'
import { actorOfAccessToken, forgetAccessToken, signIn } from '#features/sessions/index.ts'
import { createTenant, updateTenant } from '#features/tenants/index.ts'
import { createUser } from '#features/users/index.ts'
import { DomainError } from '#kernel/errors.ts'
import type { Actor } from '#platform/operations/actor.ts'
import { anonymous } from '#platform/operations/actor.ts'
import { StaleActorError } from '#platform/operations/database-errors.ts'
import type { AnyOperation, Origin } from '#platform/operations/operation.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import type { TestApp } from '#test/support/app.ts'
import type { OperationInputs } from '#test/support/operation-inputs-of-all.ts'
import { inputsOfAll } from '#test/support/operation-inputs-of-all.ts'
import type { Outside } from '#test/support/outside.ts'
import { prepareClient, systemOf, testOrigin } from '#test/support/prepared-client.ts'

/** What no tenant calls, or what is about all tenants by its nature. */
const left: Readonly<Record<string, string>> = {
  'tenant.create': "the operator's",
  'tenant.suspend': "the operator's; nothing else would be told afterwards",
  'tenant.reactivate': "the operator's",
  'oauth2-consent.give': "the authorization server's own",
  'client.register': 'makes a tenant; names of those who register themselves are unique among all',
}

export const operationsOfTenants: readonly AnyOperation[] = operations.filter((one) => left[one.name] === undefined)

export type Step = {
  operation: AnyOperation
  /** Which of the ids seen so far stand in the input. */
  picks: number[]
  /** Names another tenant's thing where it can. */
  isForeign: boolean
}

/** Every operation `times` times, what makes things rather early. */
export function courseOf(times: number): fc.Arbitrary<Step[]> {
  const all = Array.from({ length: times }, () => operationsOfTenants).flat()
  const early = (one: AnyOperation) => (/\.(?:create|upload|request|generate|trigger)/.test(one.name) ? 0 : 0.3)
  const step = (operation: AnyOperation) =>
    fc.record({
      operation: fc.constant(operation),
      picks: fc.array(fc.nat(1000), { minLength: 4, maxLength: 4 }),
      isForeign: fc.integer({ min: 0, max: 5 }).map((one) => one === 0),
      at: fc.double({ min: 0, max: 1, noNaN: true }).map((one) => one * 0.7 + early(operation)),
    })
  return fc.tuple(...all.map(step)).map((steps) => [...steps].sort((a, b) => a.at - b.at))
}

/** What an operation answered: a result, or the code and text of a refusal. */
export type Told = {
  operation: string
  answer: unknown
  /** What was named and is another tenant's, or nobody's: answers may repeat it. */
  foreign: string[]
}

/** Ids as they are made: a UUID, or a word and a long random part. */
const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/
const typed = /^([a-z]{2,6})_[0-9a-hjkmnp-tv-z]{26}$/
/** What the inputs have in place of ids. */
const placeholder = /^(?:1|[a-z]{2,6}_unknown|user_unknown|550e8400-e29b-41d4-a716-446655440000)$/

export class LoneTenant {
  readonly app: TestApp
  readonly tenantId: string
  readonly told: Told[] = []
  /** By the kind of thing: what has been seen, in that order. */
  readonly #ids = new Map<string, (string | number)[]>()
  readonly #outside: Outside
  readonly #label: string
  #inputs: OperationInputs = {}
  #clientUid = ''
  #foreign: string[] = []
  #actor: Actor = anonymous
  #token = ''
  #calls = 0
  #owners = 0
  #clients = 0
  #prepared = false

  private constructor(app: TestApp, outside: Outside, label: string) {
    this.app = app
    this.#outside = outside
    this.#label = label
    this.tenantId = `tenant_lone_${label}`
  }

  /** @param label stands in names that are unique among all tenants, the same for both courses of a comparison */
  static async open(app: TestApp, outside: Outside, label: string): Promise<LoneTenant> {
    const tenant = new LoneTenant(app, outside, label)
    const { tenantId } = tenant
    await runForResult(app.runtime.services, createTenant, { name: tenantId }, systemOf(tenantId))
    await tenant.#newClient()
    await tenant.#newOwner()
    return tenant
  }

  /** @param neighbour of whom foreign ids are; null: ids of nobody stand there */
  async take(step: Step, neighbour: LoneTenant | null): Promise<void> {
    const { operation } = step
    const given = this.#inputs[operation.name]?.(this.#clientUid)
    assert.ok(given, `no input of ${operation.name}`)
    const input = this.#withIds(given, step, neighbour)
    const answer = await this.#run(operation, input)
    this.told.push({ operation: operation.name, answer, foreign: this.#foreign })
    this.#learn(answered[operation.name] ?? nounOf(operation), answer)
    const code = (answer as { refused?: string } | null)?.refused
    if (code && /^(?:session_ended|mfa_setup_required|step_up_required)$/.test(code)) await this.#newOwner()
    if (code && /^client_(?:not_found|inactive)$/.test(code) && !step.isForeign) await this.#newClient()
  }

  async #run(operation: AnyOperation, input: unknown): Promise<unknown> {
    const { services } = this.app.runtime
    const actor = operation.level === 'public' ? anonymous : this.#actor
    try {
      return await runForResult(services, operation, input as never, { actor, origin: this.#origin() })
    } catch (error) {
      if (error instanceof StaleActorError) return this.#again(operation, input)
      // Steps of jobs, which no route serves, say so to the job in errors of their own.
      if (!(error instanceof DomainError)) return { failed: (error as Error).name, message: (error as Error).message }
      assert.notEqual(error.kind, 'internal', `${operation.name}: ${error.message}`)
      return { refused: error.code, message: error.message, details: error.details }
    }
  }

  /** As a contract does when roles have changed since the actor was loaded. */
  async #again(operation: AnyOperation, input: unknown): Promise<unknown> {
    const { services } = this.app.runtime
    forgetAccessToken(services, this.#token)
    try {
      this.#actor = await actorOfAccessToken(services, this.#token)
    } catch (error) {
      if (!(error instanceof DomainError)) throw error
      return { refused: error.code, message: error.message, details: error.details }
    }
    return this.#run(operation, input)
  }

  async #newOwner(): Promise<void> {
    const { services } = this.app.runtime
    const as = systemOf(this.tenantId)
    await runForResult(services, updateTenant, { mfaRequired: false }, as)
    this.#owners += 1
    const username = `owner-${this.#owners}@${this.#label}.example.com`
    const password = 'several unrelated words'
    const user = { email: username, displayName: 'Owner', password, roles: ['owner'] }
    await runForResult(services, createUser, user, as)
    const input = { username, password, tenantId: this.tenantId, mayPend: false, accessLifetimeSeconds: 3600 }
    const signed = await runForResult(services, signIn, input, { actor: anonymous, origin: this.#origin() })
    assert.equal(signed.outcome, 'signed_in')
    this.#token = signed.tokens.accessToken
    this.#actor = await actorOfAccessToken(services, this.#token)
  }

  /** The first has everything; what that takes may have been made impossible since (a required attribute). */
  async #newClient(): Promise<void> {
    const { services } = this.app.runtime
    if (this.#prepared) {
      const as = systemOf(this.tenantId)
      this.#clients += 1
      const { client } = await runForResult(services, createClientWithKey, { name: `Next ${this.#clients}` }, as)
      this.#clientUid = client.uid
      return
    }
    const client = await prepareClient(this.app, this.#outside, { tenantId: this.tenantId })
    this.#prepared = true
    this.#clientUid = client.uid
    this.#inputs = inputsOfAll({ ...client, tokenUrl: this.#outside.tokenUrl })
    this.#remember('profile', client.profilePk)
    this.#remember('document', client.documentPk)
    this.#remember('analysis', client.analysisPk)
    this.#remember('webhook', client.webhook.pk)
  }

  #remember(kind: string, id: string | number): void {
    const known = this.#ids.get(kind) ?? []
    if (!known.includes(id)) this.#ids.set(kind, [...known, id])
  }

  #learn(noun: string, answer: unknown): void {
    if (typeof answer !== 'object' || answer === null || answer instanceof Date || Buffer.isBuffer(answer)) return
    for (const [key, one] of Object.entries(answer)) {
      const kind = kindOfId(key, one, noun)
      if (kind !== null) this.#remember(kind, one as string | number)
      else this.#learn(noun, one)
    }
  }

  #withIds(given: unknown, step: Step, neighbour: LoneTenant | null): unknown {
    this.#foreign = []
    const noun = named[step.operation.name] ?? nounOf(step.operation)
    let at = 0
    const next = () => step.picks[at++ % step.picks.length] ?? 0
    const own = (kind: string) => {
      const known = this.idsOf(kind)
      return known[next() % Math.max(known.length, 1)]
    }
    const replace = (value: unknown, key: string): unknown => {
      // Numbers count for all tenants: one that is not known may be anybody's.
      if (typeof value === 'number') return isPk(key) ? (own(kindOf(key, noun)) ?? 999_999_999) : value
      if (typeof value !== 'string' || !placeholder.test(value)) return value
      const kind = value.includes('_') ? (value.split('_')[0] ?? '') : kindOf(key, noun)
      if (value === '1') return own(kind) ?? '999999999'
      // What is for everybody answers whoever knows an address, such as a mail provider; of which tenant he is nobody asks.
      if (!step.isForeign || step.operation.level === 'public') return own(kind) ?? value
      const id = foreignId(neighbour?.idsOf(kind) ?? [], kind, next())
      this.#foreign.push(id)
      return id
    }
    const walk = (value: unknown, key: string): unknown => {
      if (Array.isArray(value)) return value.map((one) => walk(one, key))
      if (typeof value !== 'object' || value === null) return replace(value, key)
      if (Object.getPrototypeOf(value) !== Object.prototype) return value
      return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, walk(one, name)]))
    }
    return walk(given, '')
  }

  /** An address for each call: failures of one address are counted for all tenants, and make it wait. */
  #origin(): Origin {
    this.#calls += 1
    return { ...testOrigin, ipAddress: `10.${this.#label.length}.${this.#calls >> 8}.${this.#calls & 255}` }
  }

  idsOf(kind: string): readonly (string | number)[] {
    return this.#ids.get(kind) ?? []
  }
}

const isPk = (key: string) => /^pk$|Pk$/.test(key)
/** Whose `pk` it is in the input, where the operation's name does not say it. */
const named: Readonly<Record<string, string>> = {
  'webhook.view-delivery': 'delivery',
  'webhook.view-attempt': 'delivery',
  'webhook.replay': 'delivery',
  'webhook.view-replay': 'replay',
}
/** The same of the answer. */
const answered: Readonly<Record<string, string>> = {
  'webhook.list-deliveries': 'delivery',
  'webhook.view-delivery': 'delivery',
  'webhook.view-attempt': 'attempt',
  'webhook.test': 'delivery',
  'webhook.replay': 'delivery',
  'webhook.replay-failed': 'replay',
  'webhook.view-replay': 'replay',
}

const nounOf = ({ name }: AnyOperation) => name.split('.')[0] ?? ''

/** null: it is none */
function kindOfId(key: string, value: unknown, noun: string): string | null {
  if (typeof value === 'number') return isPk(key) ? kindOf(key, noun) : null
  if (typeof value !== 'string') return null
  return (
    typed.exec(value)?.[1] ?? (uuid.test(value) || (key === 'id' && /^\d+$/.test(value)) ? kindOf(key, noun) : null)
  )
}

/** customerId of any operation and id of customer.view: a customer's. */
function kindOf(key: string, noun: string): string {
  const named = /^(\w+?)(?:Ids?|Pks?|Uid)$/.exec(key)?.[1]
  return named && named !== 'request' ? named : noun
}

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'

/** One of theirs; of the same shape where they have none or there is nobody. */
function foreignId(theirs: readonly (string | number)[], kind: string, pick: number): string {
  const one = theirs[pick % Math.max(theirs.length, 1)]
  if (typeof one === 'string') return one
  if (!/^[a-z]{2,6}$/.test(kind) || ['customer', 'entry'].includes(kind)) return randomUUID()
  return `${kind}_0${[...randomBytes(25)].map((byte) => alphabet[byte % 32]).join('')}`
}
