import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { after, test } from 'node:test'
import { generateFernetKey } from '#kernel/fernet.ts'
import { listServerProcesses } from '#platform/db/embedded-process.ts'
import type { Settings } from './command.fixture.ts'
import { makeDataDir, runCommand, startServer } from './command.fixture.ts'
import { exitCodes } from './exit-codes.ts'

const { dataDir, remove } = makeDataDir()
after(remove)
const settings: Settings = { CLIENTELE_DATA_DIR: dataDir }

function expectNothingLeftRunning(): void {
  assert.deepEqual(listServerProcesses(path.join(dataDir, 'postgres')), [])
  assert.equal(existsSync(path.join(dataDir, 'lock')), false)
}

test('commands start the embedded database for their own time, and work with a running one', async () => {
  const noKeys = await runCommand(['key', 'status'], settings)
  assert.equal(noKeys.code, exitCodes.settings.code)
  assert.match(noKeys.stderr, /there is no key in/)

  const first = await runCommand(['seed-demo', '--clients', '5'], settings)
  assert.equal(first.code, 0, first.stderr)
  assert.match(first.stdout, /Added 5 demo clients to tenant_001/)
  assert.match(first.stdout, /username admin@example.com {3}password \S+/)
  expectNothingLeftRunning()

  const server = await startServer(settings)
  const [second, start, tenants] = await Promise.all([
    runCommand(['seed-demo', '--clients', '5'], settings),
    runCommand(['start'], settings),
    runCommand(['tenant', 'list'], settings),
  ])
  assert.equal(second.stdout, 'Nothing to add: the 5 demo clients are in tenant_001 already.\n')
  assert.equal(start.code, exitCodes.dataDirInUse.code)
  assert.match(start.stderr, /is in use by process \d+/)
  assert.match(tenants.stdout, /^tenant_001 +active +1 +5 /m)
  assert.equal(await server.stop(), 0)
  expectNothingLeftRunning()
})

test('commands at the same time share one embedded database', async () => {
  const names = ['one', 'two', 'three']
  const ended = await Promise.all(
    names.map((name) => runCommand(['tenant', 'create', name, '--id', `shared-${name}`], settings)),
  )
  assert.deepEqual(
    ended.map(({ code, stderr }) => ({ code, stderr })),
    names.map(() => ({ code: 0, stderr: '' })),
  )
  expectNothingLeftRunning()
})

test('fills no tenant with made-up companies in production', async () => {
  const production = { ...settings, NODE_ENV: 'production', CLIENTELE_MASTER_KEYS: generateFernetKey() }
  const { code, stderr } = await runCommand(['seed-demo'], production)
  assert.equal(code, exitCodes.settings.code)
  assert.match(stderr, /refused in production/)
})
