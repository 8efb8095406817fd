/** AZALSCORE: export and erasure of persons. */
import { redactEvents } from '#features/audit/index.ts'
import { newId } from '#kernel/ids.ts'
import type { TestApp } from './app.ts'
import { queryAsOwner } from './owner-query.ts'
import type { ExampleOf, Subject } from './route-example.ts'
import { created, newCustomer } from './route-examples-ledger.ts'

const unknown = '550e8400-e29b-41d4-a716-446655440000'
const about = (subject_id: string) => ({ body: { subject_type: 'customer', subject_id } })

async function aCustomer(app: TestApp, token: string): Promise<string> {
  return (await created(app, token, '/api/v1/customers', newCustomer())).id
}

async function anErasure(app: TestApp, { client: { tenantId } }: Subject): Promise<string> {
  const id = newId('ers')
  await queryAsOwner(
    app.database,
    `insert into erasures (tenant_id, id, subject_type, subject_id, requested_by) values ($1, $2, 'user', $3, '{}')`,
    [tenantId, id, newId('user')],
  )
  return id
}

async function aRetainedIdentity(app: TestApp, { client: { tenantId } }: Subject): Promise<string> {
  const ciphertext = app.runtime.services.secrets.encrypt('{"name": "Alpha"}')
  const [row] = await queryAsOwner<{ customer_id: string }>(
    app.database,
    `insert into retained_identities (tenant_id, customer_id, identity_ciphertext, keep_until)
     values ($1, gen_random_uuid(), $2, '2050-01-01') returning customer_id`,
    [tenantId, ciphertext],
  )
  return row?.customer_id ?? ''
}

/** One row at least in every table of erasures. */
export async function usePersonalData(app: TestApp, subject: Subject): Promise<void> {
  const { tenantId } = subject.client
  await anErasure(app, subject)
  await aRetainedIdentity(app, subject)
  await queryAsOwner(
    app.database,
    `insert into tenant_erasures (tenant_id, id, reason, requested_by, due_at, status)
     values ($1, $2, 'test', '{}', now() + interval '30 days', 'cancelled')`,
    [tenantId, newId('ers')],
  )
  const filter = { userId: null, target: null, texts: ['tenant'] }
  await redactEvents(app.runtime.services, {
    tenantId,
    erasureId: 'ers_test',
    filter,
    redact: (event) => ({ ...event, description: '[erased]' }),
  })
}

export const personalDataExamples: Readonly<Record<string, ExampleOf>> = {
  exportPerson: {
    caller: 'account',
    request: () => about(unknown),
    prepare: async ({ app, token }) => about(await aCustomer(app, token)),
  },
  exportTenant: { caller: 'account', request: () => ({}) },
  erasePerson: {
    caller: 'account',
    request: () => about(unknown),
    prepare: async ({ app, token, subject }) => {
      await queryAsOwner(
        app.database,
        `update imports set status = 'cancelled', finished_at = now()
        where tenant_id = $1 and status not in ('completed', 'failed', 'cancelled')`,
        [subject.client.tenantId],
      )
      return about(await aCustomer(app, token))
    },
  },
  previewErasure: {
    caller: 'account',
    request: () => about(unknown),
    prepare: async ({ app, token }) => about(await aCustomer(app, token)),
  },
  listErasures: { caller: 'account', request: () => ({ query: { limit: '10' } }) },
  getErasure: {
    caller: 'account',
    request: () => ({ path: { erasure_id: 'ers_unknown' } }),
    prepare: async ({ app, subject }) => ({ path: { erasure_id: await anErasure(app, subject) } }),
  },
  getRetainedIdentity: {
    caller: 'account',
    request: () => ({ path: { customer_id: unknown } }),
    prepare: async ({ app, subject }) => ({ path: { customer_id: await aRetainedIdentity(app, subject) } }),
  },
}
