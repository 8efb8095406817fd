/** What the routes have in common: the id in the path, and whose objects the caller means. */

import { Type } from 'typebox'
import { coreError } from '#kernel/errors.ts'
import { uuid } from '#kernel/schemas.ts'
import { valueFault } from '#kernel/value-faults.ts'
import type { Actor } from '#platform/operations/actor.ts'
import { clientOf } from '#platform/operations/actor.ts'

/** Anything but a positive integer is the address of nothing (404, see errors.ts). */
export const pkPath = Type.Object({ pk: Type.Integer({ minimum: 1 }) })

/** Our addition: at account level the client is named; a client may name itself. */
export const clientUidField = Type.Optional(uuid)

/** The client that something is made for. @throws validation_failed at account level without a name */
export function clientFor(actor: Actor, named: string | undefined): string {
  const client = named?.toLowerCase() ?? clientOf(actor)
  if (client !== null) return client
  throw coreError('validation_failed', {
    message: 'Say for which client: an account-level caller names it as client_uid.',
    details: [{ path: ['body', 'client_uid'], ...valueFault('value_for_client'), type: 'missing' }],
  })
}

/** Whose objects the caller may mean: its own client's, or (null) those of every client of the account. */
export function scopeOf(actor: Actor): string | null {
  return clientOf(actor)
}
