/** What keeps a server from starting on the data that it finds: said in a sentence, and the data is left as it was. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import pg from 'pg'
import { generateFernetKey } from '#kernel/fernet.ts'
import { startEmbeddedPostgres } from '#platform/db/embedded.ts'
import { exitCodes } from '#src/cli/exit-codes.ts'
import { launchServer, makeDataDir, postgresProcesses, signInAt, startServer } from '../support/server-process.ts'

const program = path.join(import.meta.dirname, '../../bin/clientele.mjs')
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
async function refusal(settings: Record<string, string> = {}): Promise<{ output: string; code: number | string }> {
  const launched = await launchServer(dataDir, settings)
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

test('a configuration that PostgreSQL refuses, and a write-ahead log that is gone: its own words, and what to do', async () => {
  const configuration = path.join(dataDir, 'postgres', 'postgresql.conf')
  const kept = fs.readFileSync(configuration)
  fs.appendFileSync(configuration, 'work_mem = banana\n')
  const refused = await refusal()
  fs.writeFileSync(configuration, kept)
  assert.match(
    refused.output,
    /invalid value for parameter "work_mem"[\s\S]*What to do: undo the change of the file that is named\.$/m,
  )

  const log = path.join(dataDir, 'postgres', 'pg_wal')
  fs.renameSync(log, `${log}.away`)
  fs.mkdirSync(log, { mode: 0o700 })
  const gone = await refusal()
  fs.rmSync(log, { recursive: true })
  fs.renameSync(`${log}.away`, log)
  assert.match(
    gone.output,
    /valid checkpoint record[\s\S]*What to do: .* restore the last backup into a new CLIENTELE_DATA_DIR/,
  )
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

/** A command beside no server, as the operator types it. */
async function command(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...args], {
    env: { PATH: process.env.PATH, CLIENTELE_DATA_DIR: dataDir },
    timeout: 60_000,
  })
  return stdout
}

test('master keys that are missing or are others: refused before anything is written under them, with the way back', async () => {
  const file = path.join(dataDir, 'master.keys')
  const kept = fs.readFileSync(file, 'utf8')
  fs.rmSync(file)
  const missing = await refusal()
  assert.equal(missing.code, exitCodes.settings.code)
  assert.match(missing.output, /master\.keys is missing, .* put back your copy/)
  assert.equal(fs.existsSync(file), false, 'no new key looks like the old one')

  const others = await refusal({ CLIENTELE_MASTER_KEYS: generateFernetKey() })
  assert.equal(others.code, exitCodes.settings.code)
  assert.match(
    others.output,
    /not those that this database was written under: give the servers the right CLIENTELE_MASTER_KEYS/,
  )

  fs.writeFileSync(file, 'half of a ke')
  const damaged = await refusal()
  assert.equal(damaged.code, exitCodes.settings.code)
  assert.match(damaged.output, /master\.keys: .* Put back your copy of the file/)

  fs.writeFileSync(file, kept)
  await assert.rejects(
    command('key', 'replace-lost', '--lost-for-good'),
    /open what servers need: nothing was replaced/,
  )
})

test('master keys that are lost for good: new ones let the server start again, and it says what was lost', async () => {
  fs.writeFileSync(path.join(dataDir, 'master.keys'), await command('key', 'generate'))
  assert.match(await command('key', 'replace-lost', '--lost-for-good'), /Servers start under the present master keys/)
  const server = await startServer(dataDir)
  try {
    assert.ok(await signInAt(server.url))
    assert.equal((await fetch(`${server.url}/health/ready`)).status, 200)
    // Somebody replaces the file while it runs: it says so, and does not wait for the first sign-in that fails.
    fs.writeFileSync(path.join(dataDir, 'master.keys'), `${generateFernetKey()}\n`)
    const deadline = performance.now() + 15_000
    for (;;) {
      const answer = await fetch(`${server.url}/health/ready`)
      if (answer.status === 503) {
        assert.match(await answer.text(), /not those that this database was written under/)
        break
      }
      assert.ok(performance.now() < deadline, 'ready for 15 s with foreign keys')
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  } finally {
    server.child.kill('SIGTERM')
    assert.equal(await server.ended, 0)
  }
})

test('a first start that fails at its port has told the password that it made: there is no second first start', async () => {
  const other = await makeDataDir()
  const blocker = net.createServer().listen(0, '127.0.0.1')
  try {
    await once(blocker, 'listening')
    const { port } = blocker.address() as net.AddressInfo
    const launched = await launchServer(other.dataDir, { PORT: String(port), CLIENTELE_ADMIN_PASSWORD: '' })
    assert.ok('output' in launched && !('url' in launched))
    assert.match(launched.output, /First start\. Sign in with .*\n.* password \S{16}/)
    assert.match(launched.output, /the address is taken by another program: stop it, or choose another PORT/)
  } finally {
    blocker.close()
    await other.remove()
  }
})
