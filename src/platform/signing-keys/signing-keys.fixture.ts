/** Nodes that share a database, each with its own memory of the keys. */
import { mock } from 'node:test'
import { decodeProtectedHeader } from 'jose'
import pg from 'pg'
import { generateFernetKey } from '#kernel/fernet.ts'
import { createTestDatabase } from '#test/support/postgres.ts'
import { Database } from '../db/database.ts'
import { MasterKeys } from '../secrets/master-keys.ts'
import { SigningKeys } from './signing-keys.ts'

export const issuer = 'https://clientele.example'
export const claims = { sub: 'user_1', tid: 'tenant_1', sid: 'sess_1' }

export type Nodes = {
  database: Database
  owner: pg.Client
  secrets: MasterKeys
  node(): SigningKeys
  close(): Promise<void>
}

export async function startNodes(): Promise<Nodes> {
  const testDatabase = await createTestDatabase()
  const owner = new pg.Client(testDatabase.owner)
  await owner.connect()
  const database = new Database({ connection: testDatabase.application, poolSize: 4 })
  const secrets = new MasterKeys({ keys: generateFernetKey() })
  return {
    database,
    owner,
    secrets,
    node: () => new SigningKeys({ database, secrets, issuer }),
    close: async () => {
      mock.timers.reset()
      await database.end()
      await owner.end()
      await testDatabase.drop()
    },
  }
}

/** From here on this process believes that so much time has passed; the server's clock stays. */
export function pass(ms: number): void {
  mock.timers.enable({ apis: ['Date'], now: Date.now() + ms })
}

export const kidOf = (token: string) => decodeProtectedHeader(token).kid
export const code = (expected: string) => (error: unknown) => (error as { code?: string }).code === expected
