/** Small operations on the table of services.fixture.ts. */
import { sql } from 'kysely'
import { Type } from 'typebox'
import type { OperationContext } from './operation.ts'
import { defineOperation } from './operation.ts'

export async function jot({ tx, tenantId }: OperationContext, id: number): Promise<void> {
  await sql`insert into jottings (tenant_id, id, text) values (${tenantId}, ${id}, 'x')`.execute(tx)
}

const written = Type.Object({
  id: Type.Integer(),
  description: Type.Optional(Type.String()),
  event: Type.Optional(Type.String()),
})
type Written = Type.Static<typeof written>

export const writing = {
  name: 'jotting.write',
  summary: 'Writes one.',
  level: 'account',
  permission: 'jotting:write',
  effect: 'write',
  input: written,
  run: async (context: OperationContext, input: Written) => {
    await jot(context, input.id)
    context.emit({ type: 'jotting.written', clientId: input.event ?? null, data: { id: input.id } })
    return { id: input.id }
  },
  audit: (input: Written, result: { id: number }) => ({
    description: input.description ?? 'Written',
    target: { type: 'jotting', id: String(result.id) },
    context: { some: 'context' },
  }),
} as const
export const write = defineOperation(writing)

/** Reads what its tenant has. */
export const readingOfClient = {
  name: 'jotting.of-client',
  summary: 'Reads those of a client.',
  level: 'client',
  permission: null,
  effect: 'read',
  input: Type.Object({ clientUid: Type.String() }),
  client: (input: { clientUid: string }) => input.clientUid,
  run: async ({ tx }: OperationContext) =>
    (await sql<{ id: number }>`select id from jottings order by id`.execute(tx)).rows,
} as const
export const ofClient = defineOperation(readingOfClient)
