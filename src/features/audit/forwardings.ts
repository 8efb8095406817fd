/** Forwarding of sealed events to a SIEM: what the tenant's administrators set up. */
import { randomBytes } from 'node:crypto'
import type { Static } from 'typebox'
import { Type } from 'typebox'
import { newId } from '#kernel/ids.ts'
import { nullable } from '#kernel/schemas.ts'
import type { Tx } from '#platform/db/unit-of-work.ts'
import { defineOperation } from '#platform/operations/operation.ts'
import type { Destination } from '#platform/siem/index.ts'
import { DestinationError, parseDestination } from '#platform/siem/index.ts'
import { auditError } from './errors.ts'
import { category } from './schemas.ts'

const mostForwardings = 10

export type Forwarding = {
  id: string
  kind: 'syslog' | 'webhook'
  /** Host, port and tls, or url; nothing secret. */
  settings: Record<string, unknown>
  categories: string[] | null
  createdAt: Date
  /** In a row, since the last success. */
  failures: number
  lastError: string | null
  lastSuccessAt: Date | null
}

const newForwarding = Type.Object({
  kind: Type.Union([Type.Literal('syslog'), Type.Literal('webhook')]),
  host: Type.Optional(Type.String({ maxLength: 253 })),
  port: Type.Optional(Type.Integer()),
  tls: Type.Optional(Type.Boolean()),
  certificateAuthority: Type.Optional(Type.String({ maxLength: 65_536 })),
  url: Type.Optional(Type.String({ maxLength: 2048 })),
  categories: Type.Optional(nullable(Type.Array(category, { minItems: 1, uniqueItems: true }))),
  /** beginning: everything there is; now: what is sealed from here on. */
  start: Type.Union([Type.Literal('beginning'), Type.Literal('now')]),
})

/** @returns the destination, its webhook secret just made */
function destinationOf(input: Static<typeof newForwarding>): Destination {
  const { kind, host, port, tls, certificateAuthority: ca, url } = input
  try {
    return parseDestination({ kind, host, port, tls, ca, url, secret: `whsec_${randomBytes(32).toString('base64')}` })
  } catch (error) {
    if (!(error instanceof DestinationError)) throw error
    throw auditError('audit_forwarding_invalid', { details: [{ path: ['body', error.field], ...error.told }] })
  }
}

export const createForwarding = defineOperation({
  name: 'audit-forwarding.create',
  summary: 'Forwards the events of the audit log to a syslog server or a webhook; the signing secret is shown once.',
  level: 'account',
  permission: 'audit:configure',
  effect: 'write',
  input: newForwarding,
  needsStepUp: () => true,
  run: async ({ tx, tenantId, services, now }, input) => {
    const destination = destinationOf(input)
    const id = newId('fwd')
    const secret = destination.kind === 'webhook' ? destination.secret : null
    const { n } = await tx
      .selectFrom('audit_forwardings')
      .select(({ fn }) => fn.countAll<string>().as('n'))
      .where('tenant_id', '=', tenantId)
      .where('kind', '<>', 'platform')
      .executeTakeFirstOrThrow()
    if (Number(n) >= mostForwardings) throw auditError('audit_forwarding_limit_reached')
    const { kind, ...settings } =
      destination.kind === 'webhook' ? { kind: 'webhook' as const, url: destination.url } : destination
    const row = {
      kind,
      settings,
      secret_ciphertext: secret === null ? null : services.secrets.encrypt(secret),
      categories: input.categories ?? null,
      created_at: now,
      last_error: null,
    }
    await tx
      .insertInto('audit_forwardings')
      .values({ tenant_id: tenantId, id, ...row })
      .execute()
    await insertCursors(tx, { tenantId, id, start: input.start })
    const forwarding = toForwarding({ ...row, id, failures: 0, last_success_at: null })
    return { forwarding, secret }
  },
  audit: (_input, { forwarding }) => ({
    category: 'configuration',
    severity: 'warning',
    description: 'Forwarding of the audit log set up',
    target: { type: 'audit_forwarding', id: forwarding.id },
    context: { kind: forwarding.kind },
  }),
})

async function insertCursors(
  tx: Tx,
  { tenantId, id, start }: { tenantId: string; id: string; start: 'beginning' | 'now' },
): Promise<void> {
  await tx
    .insertInto('audit_forwarding_cursors')
    .columns(['tenant_id', 'forwarding_id', 'category', 'sequence'])
    .expression((eb) =>
      eb
        .selectFrom('audit_chains')
        .select([
          'tenant_id',
          eb.val(id).as('forwarding_id'),
          'category',
          start === 'now' ? 'sequence' : eb.val('0').$castTo<string>().as('sequence'),
        ])
        .where('tenant_id', '=', tenantId),
    )
    .execute()
}

type ForwardingRow = {
  id: string
  kind: 'syslog' | 'webhook' | 'platform'
  settings: unknown
  categories: string[] | null
  created_at: Date
  failures: number
  last_error: string | null
  last_success_at: Date | null
}

function toForwarding(row: ForwardingRow): Forwarding {
  return {
    id: row.id,
    kind: row.kind === 'webhook' ? 'webhook' : 'syslog',
    settings: row.settings as Record<string, unknown>,
    categories: row.categories,
    createdAt: row.created_at,
    failures: row.failures,
    lastError: row.last_error,
    lastSuccessAt: row.last_success_at,
  }
}

export const listForwardings = defineOperation({
  name: 'audit-forwarding.list',
  summary: 'Lists where the audit log is forwarded to, and how it goes.',
  level: 'account',
  permission: 'audit:configure',
  effect: 'read',
  input: Type.Object({}),
  run: async ({ tx, tenantId }) => {
    const rows = await tx
      .selectFrom('audit_forwardings')
      .select(['id', 'kind', 'settings', 'categories', 'created_at', 'failures', 'last_error', 'last_success_at'])
      .where('tenant_id', '=', tenantId)
      .where('kind', '<>', 'platform')
      .orderBy('created_at')
      .execute()
    return { forwardings: rows.map(toForwarding) }
  },
})

export const deleteForwarding = defineOperation({
  name: 'audit-forwarding.delete',
  summary: 'Ends a forwarding of the audit log.',
  level: 'account',
  permission: 'audit:configure',
  effect: 'write',
  input: Type.Object({ id: Type.String({ maxLength: 64 }) }),
  needsStepUp: () => true,
  run: async ({ tx, tenantId }, { id }) => {
    const deleted = await tx
      .deleteFrom('audit_forwardings')
      .where('tenant_id', '=', tenantId)
      .where('id', '=', id)
      .where('kind', '<>', 'platform')
      .executeTakeFirst()
    if (deleted.numDeletedRows === 0n) throw auditError('audit_forwarding_not_found')
    return { id }
  },
  audit: (_input, { id }) => ({
    category: 'configuration',
    severity: 'warning',
    description: 'Forwarding of the audit log ended',
    target: { type: 'audit_forwarding', id },
  }),
})
