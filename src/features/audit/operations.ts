import { Type } from 'typebox'
import { canonicalJson } from '#kernel/canonical-json.ts'
import { newId } from '#kernel/ids.ts'
import { lineOfText } from '#kernel/schemas.ts'
import { clientOf } from '#platform/operations/actor.ts'
import type { AuditFields, OperationContext } from '#platform/operations/operation.ts'
import { defineOperation } from '#platform/operations/operation.ts'
import { auditError } from './errors.ts'
import type { AuditEvent } from './schemas.ts'
import { category, filters, severity } from './schemas.ts'
import { countEvents, cursorBehind, findEvent, findEvents, isAboutClient, sealTenant } from './store.ts'

const entity = lineOfText(255)
const longestContextBytes = 8192

/** What a caller saw happen on its own side: the event is the caller's word, and says so. */
export const recordEvent = defineOperation({
  name: 'audit.record',
  summary: 'Records an event in the audit log.',
  level: 'self',
  permission: 'audit:record',
  effect: 'write',
  input: Type.Object({
    category,
    action: Type.String({ pattern: '^[A-Za-z][A-Za-z0-9_.:-]{0,99}$' }),
    description: lineOfText(500),
    severity: Type.Optional(severity),
    target: Type.Optional(Type.Object({ type: entity, id: entity })),
    context: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  }),
  run: async (_context, input) => {
    checkContext(input.context)
    return { ...input, id: newId('evt'), severity: input.severity ?? ('info' as const) }
  },
  audit: (input, { id }): AuditFields => ({
    id,
    category: input.category,
    action: input.action,
    description: input.description,
    ...(input.severity ? { severity: input.severity } : {}),
    ...(input.target ? { target: input.target } : {}),
    context: { ...input.context, recorded: true },
  }),
})

/** @throws audit_context_invalid */
function checkContext(context: Record<string, unknown> | undefined): void {
  if (context === undefined) return
  if (!isStorable(context)) throw auditError('audit_context_invalid')
}

/** A null character or half of a surrogate pair: JSON.stringify escapes both, and nothing else that looks like it. */
const unstorableEscape = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/

function isStorable(context: Record<string, unknown>): boolean {
  try {
    const text = canonicalJson(context)
    return Buffer.byteLength(text) <= longestContextBytes && !unstorableEscape.test(text)
  } catch (error) {
    // Numbers beyond those of JavaScript; nesting that ends the stack.
    if (error instanceof TypeError || error instanceof RangeError) return false
    throw error
  }
}

/** At client level: what the client did, and what was done to it. */
function ownClientOnly<F extends { clientUid?: string }>({ actor }: OperationContext, given: F): F | null {
  const own = clientOf(actor)
  if (own === null) return given
  return given.clientUid === undefined || given.clientUid === own ? { ...given, clientUid: own } : null
}

export const mostListed = 1000

export const searchEvents = defineOperation({
  name: 'audit.search',
  summary: 'Lists events, newest first; filters combine. A client-level caller sees what concerns its client.',
  level: 'self',
  permission: 'audit:view',
  effect: 'read',
  input: Type.Object({
    filters,
    limit: Type.Integer({ minimum: 1, maximum: mostListed }),
    offset: Type.Integer({ minimum: 0, maximum: 100_000 }),
    cursor: Type.Optional(Type.String({ maxLength: 200 })),
  }),
  run: async (context, { filters: given, ...page }) => {
    const { tx, tenantId } = context
    const wanted = ownClientOnly(context, given)
    if (!wanted) return { events: [], total: 0, totalIsExact: true, next: null }
    let found = await findEvents(tx, tenantId, wanted, page)
    if (found.some((event) => event.sealed === null)) {
      await sealTenant(tx, tenantId)
      found = await findEvents(tx, tenantId, wanted, page)
    }
    const { n, exact } = await countEvents(tx, tenantId, wanted)
    const events = found.slice(0, page.limit)
    const last = events.at(-1)
    const more = found.length > page.limit && last !== undefined
    return { events, total: n, totalIsExact: exact, next: more ? cursorBehind(last) : null }
  },
})

export const viewEvent = defineOperation({
  name: 'audit.view',
  summary: 'Shows one event of the audit log.',
  level: 'self',
  permission: 'audit:view',
  effect: 'read',
  input: Type.Object({ id: Type.String({ maxLength: 64 }) }),
  run: async ({ tx, tenantId, actor }, { id }): Promise<AuditEvent> => {
    const own = clientOf(actor)
    if (own !== null && !(await isAboutClient(tx, tenantId, id, own))) throw auditError('audit_event_not_found')
    let event = await findEvent(tx, tenantId, id)
    if (event && event.sealed === null) {
      await sealTenant(tx, tenantId)
      event = await findEvent(tx, tenantId, id)
    }
    if (!event) throw auditError('audit_event_not_found')
    return event
  },
})
