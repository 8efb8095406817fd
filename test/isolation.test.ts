/** Two tenants do the same things at the same time; each must end up with exactly what it would have alone. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { deleteClient } from '#features/clients/index.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import type { Answer, TestApp } from './support/app.ts'
import { startTestApp } from './support/app.ts'
import { prepareTenant, prepareUser, signInAs, systemOf } from './support/prepared-client.ts'

let app: TestApp
before(async () => {
  app = await startTestApp()
})
after(() => app.close())

type Step =
  | { kind: 'create'; name: string }
  | { kind: 'rename'; which: number; name: string }
  | { kind: 'switch'; which: number }
  | { kind: 'describe'; which: number; description: string | null }
  | { kind: 'delete'; which: number }

/** Few names and few positions, so that both tenants meet the same ones. */
const name = fc.constantFrom('Alpha', 'Beta', 'Gamma', 'Élan', 'alpha')
const which = fc.nat(4)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('create' as const), name }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('rename' as const), which, name }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('switch' as const), which }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('describe' as const),
      which,
      description: fc.option(fc.constantFrom('one', 'two')),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const), which }) },
)

type Known = { uid: string; name: string; isActive: boolean; description: string | null }

/** A tenant, and what it should hold after the steps so far, in order of creation. */
class Account {
  readonly tenantId: string
  readonly token: string
  readonly clients: Known[] = []

  constructor(tenantId: string, token: string) {
    this.tenantId = tenantId
    this.token = token
  }

  static async open(): Promise<Account> {
    const tenantId = await prepareTenant(app)
    return new Account(tenantId, (await signInAs(app, await prepareUser(app, 'owner', tenantId))).access)
  }

  async take(next: Step): Promise<void> {
    if (next.kind === 'create') return this.#create(next.name)
    const client = this.clients[next.which]
    if (!client) return
    switch (next.kind) {
      case 'rename':
        return this.#change(client, { name: next.name })
      case 'describe':
        return this.#change(client, { description: next.description })
      case 'switch': {
        const verb = client.isActive ? 'desactiver' : 'activer'
        const answer = await this.#send('POST', `/${client.uid}/${verb}`)
        assert.equal(answer.status, 200, answer.text)
        client.isActive = !client.isActive
        return
      }
      case 'delete':
        await runForResult(app.runtime.services, deleteClient, { clientUid: client.uid }, systemOf(this.tenantId))
        this.clients.splice(this.clients.indexOf(client), 1)
    }
  }

  async #create(wanted: string): Promise<void> {
    const isTaken = this.clients.some((one) => one.name === wanted)
    const answer = await this.#send('POST', '', { name: wanted })
    assert.equal(answer.status, isTaken ? 400 : 201, answer.text)
    if (!isTaken) this.clients.push(toKnown(answer.body))
  }

  async #change(client: Known, change: { name?: string; description?: string | null }): Promise<void> {
    const isTaken = this.clients.some((one) => one !== client && one.name === change.name)
    const answer = await this.#send('PATCH', `/${client.uid}`, change)
    assert.equal(answer.status, isTaken ? 400 : 200, answer.text)
    if (!isTaken) Object.assign(client, change)
  }

  #send(method: string, path: string, body?: unknown): Promise<Answer> {
    return app.request(`/api/v1/clients${path}`, { method, body, token: this.token })
  }

  async assertHoldsExactlyItsOwn(other: Account): Promise<void> {
    const list = await this.#send('GET', '?pageSize=100')
    const { results, total }: { results: Known[]; total: number } = list.body
    assert.deepEqual(results.map(toKnown), this.clients)
    assert.equal(total, this.clients.length)
    for (const { uid } of other.clients) {
      assert.equal((await this.#send('GET', `/${uid}`)).status, 404)
      assert.equal((await this.#send('PATCH', `/${uid}`, { name: 'Taken over' })).status, 404)
      assert.equal((await this.#send('POST', `/${uid}/webhook-secret/generate`)).status, 404)
    }
  }
}

function toKnown({ uid, name, isActive, description }: Known): Known {
  return { uid, name, isActive, description }
}

test('two tenants that do the same at the same time see their own data only', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
      const [one, other] = await Promise.all([Account.open(), Account.open()])
      for (const next of steps) await Promise.all([one.take(next), other.take(next)])
      await one.assertHoldsExactlyItsOwn(other)
      await other.assertHoldsExactlyItsOwn(one)
      assert.deepEqual(
        one.clients.map((client) => ({ ...client, uid: '' })),
        other.clients.map((client) => ({ ...client, uid: '' })),
      )
    }),
    { numRuns: 8, seed: 7, endOnFailure: true },
  )
})

test('two tenants that do different things at the same time see their own data only', async () => {
  const steps = fc.array(step, { minLength: 5, maxLength: 25 })
  await fc.assert(
    fc.asyncProperty(steps, steps, async (first, second) => {
      const [one, other] = await Promise.all([Account.open(), Account.open()])
      const all = async (account: Account, given: Step[]) => {
        for (const next of given) await account.take(next)
      }
      await Promise.all([all(one, first), all(other, second)])
      await one.assertHoldsExactlyItsOwn(other)
      await other.assertHoldsExactlyItsOwn(one)
    }),
    { numRuns: 8, seed: 11, endOnFailure: true },
  )
})
