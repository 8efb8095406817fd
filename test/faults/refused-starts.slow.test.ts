/** What keeps a server from starting on the data that it finds: said in a sentence, and the data is left as it was. */
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { startEmbeddedPostgres } from '#platform/db/embedded.ts'
import { exitCodes } from '#src/cli/exit-codes.ts'
import { launchServer, makeDataDir, postgresProcesses, signInAt, startServer } from '../support/server-process.ts'

let dataDir: string
let remove: () => Promise<void>
before(async () => {
  ;({ dataDir, remove } = await makeDataDir())
  const server = await startServer(dataDir)
  server.child.kill('SIGTERM')
  assert.equal(await server.ended, 0)
})
after(() => remove())

/** What a start says that must not succeed. */
async function refusal(): Promise<{ output: string; code: number | string }> {
  const launched = await launchServer(dataDir)
  if ('url' in launched) {
    launched.child.kill('SIGTERM')
    await launched.ended
    assert.fail('it started')
  }
  assert.doesNotMatch(launched.output, /^\s+at /m, 'an operator needs a sentence, not a stack')
  assert.deepEqual(postgresProcesses(dataDir), [])
  return launched
}

/** Changes the database behind the server's back. */
async function withDatabase(...statements: string[]): Promise<void> {
  const server = await startEmbeddedPostgres({ dataDir })
  const client = new pg.Client(server.connection('clientele_owner', 'clientele'))
  try {
    await client.connect()
    for (const one of statements) await client.query(one)
  } finally {
    await client.end()
    await server.stop()
  }
}

test('a data directory of another major version of PostgreSQL, and what to do', async () => {
  const file = path.join(dataDir, 'postgres', 'PG_VERSION')
  const version = fs.readFileSync(file, 'utf8')
  fs.writeFileSync(file, '14\n')
  const { output, code } = await refusal()
  fs.writeFileSync(file, version)
  assert.equal(code, exitCodes.failed.code)
  assert.match(output, /was made by PostgreSQL 14, and the programs here are PostgreSQL \d+\. Nothing was changed/)
  assert.match(output, /CLIENTELE_POSTGRES_BIN/)
  assert.match(output, /restore/)
})

test('a database that a later version has migrated', async () => {
  await withDatabase(`insert into schema_migrations (id, checksum) values ('9999-later', 'x')`)
  const { output, code } = await refusal()
  assert.equal(code, exitCodes.schema.code)
  assert.match(output, /The database is newer than this program: it has had 9999-later\. Start the newer version/)
  await withDatabase(`delete from schema_migrations where id = '9999-later'`)
})

test('a migration that fails, by its name and reason; the next start goes on where the reason is gone', async () => {
  // As the release before would have left it, but for a table of somebody else's in the way.
  await withDatabase(
    `delete from schema_migrations where id = '0019-tenant-storage'`,
    'drop table tenant_storage cascade',
    'drop function count_stored_file() cascade',
    'drop function release_stored_files() cascade',
    'drop function refuse_full_storage(bigint, bigint)',
    'create table tenant_storage (mine text)',
  )
  const { output, code } = await refusal()
  assert.equal(code, exitCodes.schema.code)
  assert.match(
    output,
    /Migration 0019-tenant-storage failed and left the database as it was: relation "tenant_storage" already exists/,
  )
  await withDatabase('drop table tenant_storage')
  const server = await startServer(dataDir)
  assert.ok(await signInAt(server.url))
  assert.equal((await fetch(`${server.url}/health/ready`)).status, 200)
  server.child.kill('SIGTERM')
  assert.equal(await server.ended, 0)
})
