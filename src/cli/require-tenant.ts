import { asOwner } from '#platform/db/owner-connection.ts'
import type { Runtime } from '../runtime.ts'
import { CommandError } from './exit-codes.ts'

/** A user of a tenant that does not exist could never sign in. */
export async function requireTenant({ owner }: Runtime, id: string): Promise<void> {
  const found = await asOwner(owner, (client) => client.query('select 1 from tenants where id = $1', [id]))
  if (!found.rowCount)
    throw new CommandError(`there is no tenant "${id}": "clientele tenant list" shows those there are`)
}
