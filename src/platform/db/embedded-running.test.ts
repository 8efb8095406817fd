import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { after, test } from 'node:test'
import type { Holder } from './embedded.fixture.ts'
import { killHolder, launchHolder, makeWorkplace, query, runningServer, stopHolder } from './embedded.fixture.ts'
import { DataDirInUseError } from './embedded.ts'
import { findRunningEmbedded } from './embedded-running.ts'

const workplace = makeWorkplace()
after(workplace.clear)
const environment = process.env

async function expectReachable(dataDir: string, holder: Holder): Promise<void> {
  const { pid } = runningServer(holder)
  const found = await findRunningEmbedded(dataDir)
  assert.equal(found?.pid, pid)
  assert.equal(found?.holderPid, holder.child.pid)
  assert.deepEqual(await query(found.connection('postgres', 'postgres'), 'select 1 as one'), [{ one: 1 }])
}

test('finds nothing where no server runs, was stopped or was killed', async () => {
  const dataDir = await workplace.newDataDir('nobody')
  assert.equal(await findRunningEmbedded(path.join(dataDir, 'missing')), null)
  assert.equal(await findRunningEmbedded(dataDir), null)
  const holder = await launchHolder({ dataDir, environment })
  await stopHolder(holder)
  assert.equal(await findRunningEmbedded(dataDir), null)
  await killHolder(await launchHolder({ dataDir, environment }))
  assert.equal(await findRunningEmbedded(dataDir), null)
})

test("reaches another process's server by its socket, also while it is still starting", async () => {
  const dataDir = await workplace.newDataDir('socket')
  const starting = launchHolder({ dataDir, environment })
  let found = await findRunningEmbedded(dataDir)
  while (found === null) found = await findRunningEmbedded(dataDir)
  assert.deepEqual(await query(found.connection('postgres', 'postgres'), 'select 1 as one'), [{ one: 1 }])
  const holder = await starting
  await expectReachable(dataDir, holder)
  await stopHolder(holder)
})

test("reaches another process's server by its port and password where there is no socket", async () => {
  const dataDir = await workplace.newDataDir('port')
  const temporary = workplace.newDirectory(`long-${'x'.repeat(100)}`)
  const holder = await launchHolder({ dataDir, environment, env: { TMPDIR: temporary } })
  assert.equal(runningServer(holder).connection.host, '127.0.0.1')
  await expectReachable(dataDir, holder)
  await stopHolder(holder)
})

test('says who holds the directory where the holder is in another container', async () => {
  const dataDir = await workplace.newDataDir('elsewhere')
  const holder = await launchHolder({ dataDir, environment })
  const lock = path.join(dataDir, 'lock')
  const record = fs.readFileSync(lock, 'utf8')
  const elsewhere = { ...(JSON.parse(record) as object), scope: 'another boot', hostname: 'other' }
  // In place: the holder goes on renewing the file, as it would from its container.
  fs.writeFileSync(lock, JSON.stringify(elsewhere))
  await assert.rejects(findRunningEmbedded(dataDir), (error) => {
    assert.ok(error instanceof DataDirInUseError)
    assert.match(error.message, /of another container or machine \(other\)/)
    return true
  })
  fs.writeFileSync(lock, record)
  await stopHolder(holder)
})
