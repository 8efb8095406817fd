import type { Database } from '#platform/db/database.ts'

/** Encrypted; null: there is none yet. */
export async function findLinkKey(database: Database, id: string): Promise<string | null> {
  const [row] = await database.platformRead<{ secret_ciphertext: string }>(
    'select secret_ciphertext from notification_link_keys where id = $1',
    [id],
  )
  return row?.secret_ciphertext ?? null
}

/** Of two that make one at the same time, the first one's is kept. */
export async function keepLinkKey(database: Database, id: string, ciphertext: string): Promise<string> {
  await database.platformRead(
    'insert into notification_link_keys (id, secret_ciphertext) values ($1, $2) on conflict do nothing',
    [id, ciphertext],
  )
  return (await findLinkKey(database, id)) ?? ciphertext
}
