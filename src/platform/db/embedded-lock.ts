/**
 * One process per data directory, by the file `lock` in it.
 *
 * The file is never written in place: a complete record is hard-linked to its name, which fails if the name is taken, so
 * of several starters exactly one gets it and nobody reads half a record. A holder killed with SIGKILL leaves its record
 * behind. Removing it by name would be a race (the name may meanwhile belong to a new holder), so a stale record is
 * succeeded instead: whoever links `lock.after-<hash of the stale record>` is its only successor, and once it has seen that
 * the stale record is still in place, it renames its own over it. Should the successor be killed in between, it is
 * succeeded in the same way. Records carry a nonce, so a hash never comes back.
 *
 * Whether a holder lives is asked of the kernel. That is impossible for a process of another machine or container that
 * shares the directory; there, a holder counts as alive while it renews the file's modification time.
 */
import { createHash, randomBytes } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { isSameProcess, processStart } from './embedded-process.ts'

const RENEW_MILLISECONDS = 2_000
/** A holder elsewhere that let this time pass without renewing is gone. */
const SILENCE_MILLISECONDS = 10_000
/** Older than this, the file need not be watched first; wide enough for clocks that differ a little. */
const ABANDONED_MILLISECONDS = 30_000
const ATTEMPTS = 100

type Holder = {
  pid: number
  /** When the holding process started, ISO 8601. */
  started: string
  /** See `processStart`. */
  processStart: string
  /** Where the process id means something: boot and process namespace, or the machine. */
  scope: string
  hostname: string
  /** Directory of the server's Unix socket, to be removed by a successor. */
  socketDir: string
  nonce: string
}

export type DataDirLock = {
  /** Socket directories of holders that could not clean up. */
  abandonedSocketDirs: string[]
  release(): void
}

/** Another live process works on the data directory. */
export class DataDirInUseError extends Error {
  override readonly name = 'DataDirInUseError'

  constructor(dataDir: string, holder: Pick<Holder, 'pid' | 'started' | 'scope' | 'hostname'>) {
    const where = holder.scope === currentScope() ? '' : ` of another container or machine (${holder.hostname})`
    super(
      `the data directory ${dataDir} is in use by process ${holder.pid}${where}, started ${holder.started}: ` +
        'stop that process, or give this one another directory (CLIENTELE_DATA_DIR)',
    )
  }
}

function currentScope(): string {
  try {
    const boot = fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return `${boot} ${fs.readlinkSync('/proc/self/ns/pid')}`
  } catch {
    return os.hostname()
  }
}

function readIfPresent(file: string): string | null {
  try {
    return fs.readFileSync(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}

/** null for a record that is empty or damaged, as a power cut may leave it. */
function parseHolder(text: string): Holder | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  if (typeof value !== 'object' || value === null) return null
  const record = value as Partial<Record<keyof Holder, unknown>>
  const { pid, started, processStart: start, scope, hostname, socketDir, nonce } = record
  const texts = [started, start, scope, hostname, socketDir, nonce]
  // kill(2) gives ids below 1 a meaning of their own.
  if (!Number.isSafeInteger(pid) || Number(pid) < 1 || texts.some((text) => typeof text !== 'string')) return null
  return record as Holder
}

async function renewsItself(file: string): Promise<boolean> {
  const modified = (): number | undefined => fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs
  const first = modified()
  if (first === undefined || Date.now() - first > ABANDONED_MILLISECONDS) return false
  const deadline = performance.now() + SILENCE_MILLISECONDS
  while (performance.now() < deadline) {
    await delay(RENEW_MILLISECONDS / 10)
    const current = modified()
    if (current === undefined) return false
    if (current !== first) return true
  }
  return false
}

async function isAlive(file: string, holder: Holder): Promise<boolean> {
  if (holder.scope === currentScope()) return isSameProcess(holder.pid, holder.processStart)
  return renewsItself(file)
}

type Link = { file: string; text: string }

/** The lock's record and, where successors were killed in the middle of taking over, theirs, oldest first. */
function readSuccession(lockFile: string): Link[] {
  const succession: Link[] = []
  for (let file = lockFile; ; ) {
    const text = readIfPresent(file)
    if (text === null) return succession
    succession.push({ file, text })
    file = `${lockFile}.after-${createHash('sha256').update(text).digest('hex').slice(0, 24)}`
  }
}

/** Creates the file with all of its content, or gives false if the name is taken. */
function linkExclusively(file: string, text: string): boolean {
  const draft = `${file}.${randomBytes(6).toString('hex')}`
  fs.writeFileSync(draft, text, { flag: 'wx', mode: 0o644 })
  try {
    fs.linkSync(draft, file)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  } finally {
    fs.rmSync(draft, { force: true })
  }
}

/** Succeeds the dead holder at the end of the succession; false if somebody else was faster. */
function succeed(succession: Link[], text: string): boolean {
  const [head, last] = [succession[0], succession.at(-1)]
  if (head === undefined || last === undefined) return false
  const claim = `${head.file}.after-${createHash('sha256').update(last.text).digest('hex').slice(0, 24)}`
  if (!linkExclusively(claim, text)) return false
  // From here nobody else may touch the succession, if it still is the one whose end was found dead.
  const expected = [...succession.map((link) => link.text), text]
  const current = readSuccession(head.file).map((link) => link.text)
  if (JSON.stringify(current) !== JSON.stringify(expected)) {
    fs.rmSync(claim, { force: true })
    return false
  }
  fs.renameSync(claim, head.file)
  for (const link of succession.slice(1)) fs.rmSync(link.file, { force: true })
  return true
}

function hold(lockFile: string, text: string, abandoned: Link[]): DataDirLock {
  const renewal = setInterval(() => {
    const now = new Date()
    fs.utimes(lockFile, now, now, () => {})
  }, RENEW_MILLISECONDS).unref()
  return {
    abandonedSocketDirs: abandoned.flatMap((link) => parseHolder(link.text)?.socketDir ?? []),
    release: () => {
      clearInterval(renewal)
      if (readIfPresent(lockFile) === text) fs.rmSync(lockFile, { force: true })
    },
  }
}

/** Who holds the directory now; null where nobody alive does. Throws `DataDirInUseError` for a holder out of reach. */
export async function findHolder(dataDir: string): Promise<{ pid: number; socketDir: string } | null> {
  const last = readSuccession(path.join(dataDir, 'lock')).at(-1)
  const holder = last === undefined ? null : parseHolder(last.text)
  if (last === undefined || holder === null || !(await isAlive(last.file, holder))) return null
  // Sockets and the loopback end at the border of the container or machine.
  if (holder.scope !== currentScope()) throw new DataDirInUseError(dataDir, holder)
  return { pid: holder.pid, socketDir: holder.socketDir }
}

/**
 * Takes the lock of an existing directory. Throws `DataDirInUseError` when a live process holds it, this one included.
 * Waits up to 10 s only where the last holder was a process of another container or machine that fell silent just now.
 */
export async function lockDataDir(dataDir: string, socketDir: string): Promise<DataDirLock> {
  const lockFile = path.join(dataDir, 'lock')
  const own: Holder = {
    pid: process.pid,
    started: new Date(performance.timeOrigin).toISOString(),
    processStart: processStart(process.pid) ?? '',
    scope: currentScope(),
    hostname: os.hostname(),
    socketDir,
    nonce: randomBytes(12).toString('hex'),
  }
  const text = `${JSON.stringify(own, null, 2)}\n`
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const succession = readSuccession(lockFile)
    const last = succession.at(-1)
    if (last === undefined) {
      if (linkExclusively(lockFile, text)) return hold(lockFile, text, [])
      continue
    }
    const holder = parseHolder(last.text)
    if (holder !== null && (await isAlive(last.file, holder))) throw new DataDirInUseError(dataDir, holder)
    if (succeed(succession, text)) return hold(lockFile, text, succession)
  }
  throw new Error(`cannot take the lock ${lockFile}: it changes hands all the time`)
}
