import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { after, beforeEach, test } from 'node:test'
import { DataDirInUseError, lockDataDir } from './embedded-lock.ts'
import { processStart } from './embedded-process.ts'

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'clientele-lock-test-'))
after(() => fs.rmSync(root, { recursive: true }))
const starter = path.join(import.meta.dirname, 'embedded-lock.fixture.ts')

let directory: string
let lockFile: string
beforeEach(() => {
  directory = fs.mkdtempSync(path.join(root, 'data-'))
  lockFile = path.join(directory, 'lock')
})

/** The record that this process writes, changed; its holder is gone. */
async function leaveRecord(change: Record<string, unknown>): Promise<void> {
  const lock = await lockDataDir(directory, '/nowhere')
  const record: object = JSON.parse(fs.readFileSync(lockFile, 'utf8'))
  lock.release()
  fs.writeFileSync(lockFile, JSON.stringify({ ...record, ...change }))
}

async function takeAndRelease(): Promise<string[]> {
  const lock = await lockDataDir(directory, '/nowhere')
  lock.release()
  assert.deepEqual(fs.readdirSync(directory), [])
  return lock.abandonedSocketDirs
}

test('refuses a second taker in the same process, until it is released', async () => {
  const lock = await lockDataDir(directory, '/nowhere')
  await assert.rejects(lockDataDir(directory, '/nowhere'), (error) => {
    assert.ok(error instanceof DataDirInUseError)
    assert.ok(
      error.message.includes(`process ${process.pid}, started ${new Date(performance.timeOrigin).toISOString()}`),
    )
    return true
  })
  lock.release()
  await takeAndRelease()
})

test('takes over a lock file that is empty, damaged, or names no process', async () => {
  for (const content of ['', '{"pid": 1', '\0\0\0', 'null', '[]', '{}', '{"pid": 0}', '{"pid": -1}', '{"pid": "1"}']) {
    fs.writeFileSync(lockFile, content)
    assert.deepEqual(await takeAndRelease(), [])
  }
})

test('takes over from a process that is gone, and says which socket directory it left', async () => {
  fs.mkdirSync(path.join(directory, '0'))
  assert.equal(spawnSync(process.execPath, [starter, directory, '1'], { encoding: 'utf8' }).stdout, '[0]\n')
  fs.renameSync(path.join(directory, '0', 'lock'), lockFile)
  fs.rmdirSync(path.join(directory, '0'))
  assert.deepEqual(await takeAndRelease(), [path.join(directory, 'socket')])
})

test('takes over when the process id now belongs to another process', async () => {
  await leaveRecord({ processStart: '1' })
  await takeAndRelease()
})

test('takes over from a process that has ended, but whose parent has not asked for its exit code', async () => {
  // The shell's child ends with its input; what the shell has become by then never waits for it.
  const parent = spawn('/bin/sh', ['-c', 'cat <&3 & echo $!; exec sleep 60 3<&-'], {
    stdio: ['ignore', 'pipe', 'ignore', 'pipe'],
  })
  const [output] = (await once(parent.stdio[1] as Readable, 'data')) as [Buffer]
  const zombie = Number(output.toString())
  const parentCommand = (): string => spawnSync('ps', ['-o', 'comm=', '-p', String(parent.pid)]).stdout.toString()
  while (parentCommand().trim() !== 'sleep');
  parent.stdio[3]?.destroy()
  while (processStart(zombie) !== null);
  assert.doesNotThrow(() => process.kill(zombie, 0), 'the process id is still in use')
  await leaveRecord({ pid: zombie, processStart: 'unknown' })
  await takeAndRelease()
  parent.kill()
})

test('respects a holder in another container or machine as long as it renews the lock', async () => {
  await leaveRecord({ scope: 'another boot pid:[1]', hostname: 'elsewhere', pid: 1 })
  const renewal = setInterval(() => fs.utimesSync(lockFile, new Date(), new Date()), 100)
  try {
    await assert.rejects(
      lockDataDir(directory, '/nowhere'),
      /in use by process 1 of another container or machine \(elsewhere\)/,
    )
  } finally {
    clearInterval(renewal)
  }
  const minuteAgo = new Date(Date.now() - 60_000)
  fs.utimesSync(lockFile, minuteAgo, minuteAgo)
  await takeAndRelease()
})

test('renews its own lock', async () => {
  const lock = await lockDataDir(directory, '/nowhere')
  const before = fs.statSync(lockFile).mtimeMs
  const watcher = fs.watch(lockFile)
  while (fs.statSync(lockFile).mtimeMs === before) await once(watcher, 'change')
  watcher.close()
  lock.release()
})

test('gives the lock of a gone holder to exactly one of several that take over in the same instant', async () => {
  const rounds = 300
  await leaveRecord({ processStart: '1' })
  for (let round = 0; round < rounds; round++) {
    fs.mkdirSync(path.join(directory, String(round)))
    fs.copyFileSync(lockFile, path.join(directory, String(round), 'lock'))
  }
  const schedule = [directory, rounds, Date.now() + 1_000, 5].map(String)
  const starters = Array.from({ length: 3 }, () =>
    spawn(process.execPath, [starter, ...schedule], { stdio: ['pipe', 'pipe', 'inherit'] }),
  )
  const taken = await Promise.all(
    starters.map(async ({ stdout }) => {
      for await (const line of createInterface({ input: stdout })) return JSON.parse(line) as number[]
      return []
    }),
  )
  for (const { stdin } of starters) stdin.end()
  assert.deepEqual(
    taken.flat().toSorted((a, b) => a - b),
    Array.from({ length: rounds }, (_, round) => round),
  )
})

test('completes a takeover whose process was killed in the middle of it', async () => {
  // Twice gone: the holder, and the one that had claimed the succession but not yet the name.
  await leaveRecord({ processStart: '1', socketDir: '/first', nonce: 'a' })
  const first = fs.readFileSync(lockFile, 'utf8')
  const claim = `${lockFile}.after-${createHash('sha256').update(first).digest('hex').slice(0, 24)}`
  fs.writeFileSync(claim, first.replace('/first', '/second').replace('"a"', '"b"'))
  assert.deepEqual(await takeAndRelease(), ['/first', '/second'])
})
