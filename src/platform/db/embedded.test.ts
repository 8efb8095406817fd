import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { after, test } from 'node:test'
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
import { DataDirInUseError } from './embedded.ts'
import { processStart } from './embedded-process.ts'

const workplace = makeWorkplace()
after(workplace.clear)
const environment = process.env

test('keeps data over a restart, and leaves no process, socket or lock behind when stopped', async () => {
  const dataDir = workplace.newDirectory('restart')
  const first = await workplace.start(dataDir)
  const connection = first.connection('postgres', 'postgres')
  assert.equal(fs.statSync(connection.host).mode & 0o777, 0o700)
  await query(connection, 'create table kept (n int)', 'insert into kept values (1)')
  await first.stop()
  assert.deepEqual(processesOn(dataDir), [])
  assert.equal(fs.existsSync(connection.host), false)
  assert.deepEqual(fs.readdirSync(dataDir).sort(), ['postgres', 'postgres.log'])

  const second = await workplace.start(dataDir)
  assert.deepEqual(await query(second.connection('postgres', 'postgres'), 'select n from kept'), [{ n: 1 }])
  await second.stop()
})

test('is durable, listens on no network, and keeps statements out of its log', async () => {
  const dataDir = await workplace.newDataDir('settings')
  const server = await workplace.start(dataDir)
  const connection = server.connection('postgres', 'postgres')
  const settings = await query(
    connection,
    `select name, setting from pg_settings where name in ('fsync', 'synchronous_commit', 'full_page_writes',
       'listen_addresses', 'data_checksums', 'server_encoding', 'max_connections') order by name collate "C"`,
  )
  assert.deepEqual(Object.fromEntries(settings.map(({ name, setting }) => [name, setting])), {
    data_checksums: 'on',
    fsync: 'on',
    full_page_writes: 'on',
    listen_addresses: '',
    max_connections: '100',
    server_encoding: 'UTF8',
    synchronous_commit: 'on',
  })
  await assert.rejects(query(connection, "select 1 / (length('topsecret') - 9)"), /division by zero/)
  await server.stop()
  const log = fs.readFileSync(path.join(dataDir, 'postgres.log'), 'utf8')
  assert.match(log, /division by zero/)
  assert.doesNotMatch(log, /topsecret/)
})

test('takes a path with blanks, relative and through a symbolic link, and knows it for the same directory', async () => {
  const dataDir = await workplace.newDataDir("two blanks, it's é")
  const link = path.join(path.dirname(dataDir), 'link')
  fs.symlinkSync(dataDir, link)
  const server = await workplace.start(path.relative(process.cwd(), link))
  assert.equal((await query(server.connection('postgres', 'postgres'), 'select 1 as one')).length, 1)
  await assert.rejects(workplace.start(dataDir), DataDirInUseError)
  await server.stop()
  assert.deepEqual(processesOn(dataDir), [])
})

test('ends a transaction that is still open when it is stopped', async () => {
  const dataDir = await workplace.newDataDir('busy')
  const server = await workplace.start(dataDir)
  const connection = server.connection('postgres', 'postgres')
  const refused = assert.rejects(query(connection, 'select pg_sleep(300)'), /terminat/)
  const active = "select 1 from pg_stat_activity where query = 'select pg_sleep(300)'"
  while ((await query(connection, active)).length === 0);
  await server.stop()
  await refused
  assert.deepEqual(processesOn(dataDir), [])
})

test('refuses a second process, naming the first one and its start', async () => {
  const dataDir = await workplace.newDataDir('twice')
  const holder = await launchHolder({ dataDir, environment })
  const { startedAt } = runningServer(holder)
  await assert.rejects(workplace.start(dataDir), (error) => {
    assert.ok(error instanceof DataDirInUseError)
    assert.ok(error.message.includes(`in use by process ${holder.child.pid}, started ${startedAt}`), error.message)
    assert.match(error.message, /CLIENTELE_DATA_DIR/)
    return true
  })
  assert.deepEqual(await query(runningServer(holder).connection, 'select 1 as one'), [{ one: 1 }])
  assert.equal(await stopHolder(holder), 0)
  assert.deepEqual(processesOn(dataDir), [])
})

test('ends with a parent killed by SIGKILL; the next start finds every acknowledged row', async () => {
  const dataDir = await workplace.newDataDir('parent killed')
  const holder = await launchHolder({ dataDir, environment })
  const { connection } = runningServer(holder)
  let acknowledged = 0
  const writing = (async () => {
    await query(connection, 'create table kept (n int)')
    for (;;) {
      await query(connection, `insert into kept values (${acknowledged + 1})`)
      acknowledged++
    }
  })()
  const interrupted = assert.rejects(writing)
  await until(() => acknowledged >= 50, 30_000)
  await killHolder(holder)
  await until(() => processesOn(dataDir).length === 0, 30_000)
  await interrupted

  const next = await workplace.start(dataDir)
  const [row] = await query(next.connection('postgres', 'postgres'), 'select count(*)::int from kept')
  const kept = Number(row?.count)
  // One more may have been committed without its acknowledgement having arrived.
  assert.ok(kept === acknowledged || kept === acknowledged + 1, `${kept} rows of ${acknowledged} acknowledged`)
  assert.equal(fs.existsSync(connection.host), false, 'the socket directory of the killed one is removed')
  await next.stop()
})

test('stops a server that outlived its parent and its watchdog before it starts a new one', async () => {
  const dataDir = await workplace.newDataDir('orphan')
  const holder = await launchHolder({ dataDir, environment })
  const { pid, connection } = runningServer(holder)
  await query(connection, 'create table kept (n int)', 'insert into kept values (1)')
  const watchdog = processesOn(dataDir).find((line) => line.includes('clientele-postgres-watchdog'))
  process.kill(Number.parseInt(watchdog ?? '', 10), 'SIGKILL')
  await killHolder(holder)
  assert.deepEqual(await query(connection, 'select n from kept'), [{ n: 1 }], 'the orphan serves')

  const next = await workplace.start(dataDir)
  assert.notEqual(next.pid, pid)
  assert.equal(processStart(pid), null)
  assert.deepEqual(await query(next.connection('postgres', 'postgres'), 'select n from kept'), [{ n: 1 }])
  await next.stop()
})

test('says when the server itself is killed, and restarts with every acknowledged row', async () => {
  const dataDir = await workplace.newDataDir('server killed')
  const server = await workplace.start(dataDir)
  await query(server.connection('postgres', 'postgres'), 'create table kept (n int)', 'insert into kept values (1)')
  process.kill(server.pid, 'SIGKILL')
  assert.equal(await server.exited, 128 + 9)
  await server.stop()
  assert.deepEqual(processesOn(dataDir), [])

  const next = await workplace.start(dataDir)
  assert.deepEqual(await query(next.connection('postgres', 'postgres'), 'select n from kept'), [{ n: 1 }])
  await next.stop()
})

test('starts although postmaster.pid is empty, damaged, or names a process that is a stranger', async () => {
  const dataDir = await workplace.newDataDir('pid file')
  const strangers = [process.pid, spawnSync('true').pid]
  for (const content of ['', '\0\0garbage\n', ...strangers.map((pid) => `${pid}\n${dataDir}/postgres\n1\n5432\n`)]) {
    fs.writeFileSync(path.join(dataDir, 'postgres', 'postmaster.pid'), content)
    const server = await workplace.start(dataDir)
    assert.equal((await query(server.connection('postgres', 'postgres'), 'select 1 as one')).length, 1)
    await server.stop()
  }
})

test('lets exactly one of several simultaneous starters have the directory of a killed one', async () => {
  const dataDir = await workplace.newDataDir('race')
  const killed = await launchHolder({ dataDir, environment })
  runningServer(killed)
  await killHolder(killed)
  const starters = await Promise.all(Array.from({ length: 4 }, () => launchHolder({ dataDir, environment })))
  const refused = starters.map(({ report }) => report).filter((report) => report.state === 'failed')
  assert.deepEqual(
    refused.map(({ name }) => name),
    ['DataDirInUseError', 'DataDirInUseError', 'DataDirInUseError'],
  )
  await Promise.all(starters.map(stopHolder))
  assert.deepEqual(processesOn(dataDir), [])
})

test('reports what PostgreSQL says when it cannot start, and frees the directory', async () => {
  const dataDir = await workplace.newDataDir('broken')
  const configuration = path.join(dataDir, 'postgres', 'postgresql.conf')
  const intact = fs.readFileSync(configuration)
  fs.writeFileSync(configuration, 'no_such_setting = 1\n')
  await assert.rejects(workplace.start(dataDir), /ended with code 1 at its start: .*no_such_setting/s)
  assert.deepEqual(processesOn(dataDir), [])
  fs.writeFileSync(configuration, intact)
  await (await workplace.start(dataDir)).stop()
})

test('leaves a directory alone that is in the place of the cluster, but none', async () => {
  const dataDir = workplace.newDirectory('taken')
  fs.mkdirSync(path.join(dataDir, 'postgres'))
  fs.writeFileSync(path.join(dataDir, 'postgres', 'notes.txt'), 'mine')
  await assert.rejects(workplace.start(dataDir), /not a PostgreSQL cluster/)
  assert.equal(fs.readFileSync(path.join(dataDir, 'postgres', 'notes.txt'), 'utf8'), 'mine')
})
