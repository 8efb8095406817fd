/** The database cluster on disk: creating it, and the password for connections that do not come through the private socket. */
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import type { ServerAccount } from './embedded-account.ts'
import { commandAs, giveTo, serverEnvironment } from './embedded-account.ts'
import type { ServerBinaries } from './embedded-binaries.ts'
import { PostgresStartError } from './embedded-words.ts'

export const SUPERUSER = 'postgres'

export type Cluster = { dataDir: string; clusterDir: string; account: ServerAccount; binaries: ServerBinaries }

/** Sorting by code point, UTF-8 case mapping: the same on every machine, whatever locales it has. */
function localeFlags(majorVersion: number): string[] {
  if (majorVersion >= 17) return ['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C']
  return ['--locale=C', ...(process.platform === 'linux' ? ['--lc-ctype=C.UTF-8'] : [])]
}

function syncDirectory(directory: string): void {
  const descriptor = fs.openSync(directory, 'r')
  try {
    fs.fsyncSync(descriptor)
  } finally {
    fs.closeSync(descriptor)
  }
}

/** A copy restored by simple means may have become readable for others, which the server refuses. */
function closeToOthers(clusterDir: string): void {
  const { mode } = fs.statSync(clusterDir)
  if (mode & 0o027) fs.chmodSync(clusterDir, 0o700)
}

/** A name of its own for each attempt: an initdb whose parent was killed may still be writing to the last one. */
function makeDraftName(clusterDir: string): string {
  const prefix = `${path.basename(clusterDir)}.new-`
  for (const name of fs.readdirSync(path.dirname(clusterDir))) {
    if (!name.startsWith(prefix)) continue
    try {
      fs.rmSync(path.join(path.dirname(clusterDir), name), { recursive: true, force: true })
    } catch {
      // Still being written to: the next first start removes it.
    }
  }
  return path.join(path.dirname(clusterDir), `${prefix}${randomBytes(4).toString('hex')}`)
}

/** The cluster on disk and the programs here are of different major versions; the message says what to do. */
export class ClusterVersionError extends Error {
  override readonly name = 'ClusterVersionError'
}

/** PostgreSQL's files fit one major version; the server would say so in its own log only. */
function requireSameVersion(clusterDir: string, { majorVersion }: ServerBinaries): void {
  const made = fs.readFileSync(path.join(clusterDir, 'PG_VERSION'), 'utf8').trim()
  if (made === String(majorVersion)) return
  throw new ClusterVersionError(
    `${clusterDir} was made by PostgreSQL ${made}, and the programs here are PostgreSQL ${majorVersion}. Nothing was changed. ` +
      `Start the version of Clientele that made it (or set CLIENTELE_POSTGRES_BIN to the programs of PostgreSQL ${made}), make a ` +
      'backup with "clientele backup", and restore it with this version into a new CLIENTELE_DATA_DIR.',
  )
}

/**
 * Creates the cluster unless it exists. It is made beside its place and then renamed, so a cluster that exists is complete.
 * Throws if the place is taken by something else, if it was made by another major version, or with initdb's own words if it fails.
 */
export function createClusterIfMissing({ dataDir, clusterDir, account, binaries }: Cluster): void {
  if (fs.existsSync(path.join(clusterDir, 'PG_VERSION'))) {
    requireSameVersion(clusterDir, binaries)
    closeToOthers(clusterDir)
    return
  }
  if (fs.existsSync(clusterDir) && fs.readdirSync(clusterDir).length > 0) {
    throw new Error(`${clusterDir} holds something that is not a PostgreSQL cluster: move it away`)
  }
  const draft = makeDraftName(clusterDir)
  fs.mkdirSync(draft, { mode: 0o700 })
  giveTo(account, draft)
  const { file, args } = commandAs(account, [
    binaries.initdb,
    `--pgdata=${draft}`,
    `--username=${SUPERUSER}`,
    // The socket's directory admits nobody but its owner; a port of the loopback admits every user of the machine.
    '--auth-local=trust',
    '--auth-host=scram-sha-256',
    '--encoding=UTF8',
    ...localeFlags(binaries.majorVersion),
    '--data-checksums',
    '--no-instructions',
  ])
  const run = spawnSync(file, args, { ...account.ids, env: serverEnvironment, encoding: 'utf8', cwd: '/' })
  if (run.status !== 0) {
    fs.rmSync(draft, { recursive: true, force: true })
    throw new PostgresStartError('initdb failed', (run.error?.message ?? run.stderr).trim())
  }
  fs.renameSync(draft, clusterDir)
  syncDirectory(dataDir)
}

const passwordFile = (dataDir: string): string => path.join(dataDir, 'postgres.password')

/** The password for connections through the loopback's port; null where none has been made. */
export function readPassword(dataDir: string): string | null {
  const file = passwordFile(dataDir)
  const password = fs.existsSync(file) ? fs.readFileSync(file, 'utf8').trim() : ''
  return /^[\w-]{32,}$/.test(password) ? password : null
}

function readOrMakePassword({ dataDir, account }: Cluster): string {
  const file = passwordFile(dataDir)
  const present = readPassword(dataDir)
  if (present !== null) return present
  const password = randomBytes(32).toString('base64url')
  const draft = `${file}.new`
  fs.rmSync(draft, { force: true })
  fs.writeFileSync(draft, `${password}\n`, { flag: 'wx', mode: 0o600, flush: true })
  giveTo(account, draft)
  fs.renameSync(draft, file)
  return password
}

/**
 * Gives every role that may sign in the password kept in `<dataDir>/postgres.password` (made if missing) and returns it.
 * The server must be down: this runs PostgreSQL's single-user mode, which recovers from a crash first.
 */
export function setPassword(cluster: Cluster): string {
  const { account, binaries, clusterDir } = cluster
  const password = readOrMakePassword(cluster)
  const { file, args } = commandAs(account, [
    binaries.postgres,
    '--single',
    '-D',
    clusterDir,
    // Statements that fail would be written out, password and all.
    '-c',
    'log_min_error_statement=panic',
    SUPERUSER,
  ])
  // Single-user mode takes one statement per line.
  const input =
    'do $$ declare r name; begin for r in select rolname from pg_roles where rolcanlogin loop ' +
    `execute format('alter role %I password %L', r, '${password}'); end loop; end $$\n`
  const run = spawnSync(file, args, { ...account.ids, env: serverEnvironment, encoding: 'utf8', cwd: '/', input })
  if (run.status !== 0 || /\b(ERROR|FATAL|PANIC):/.test(run.stderr)) {
    const words = (run.error?.message ?? run.stderr).trim().replaceAll(password, '(password)')
    throw new Error(`PostgreSQL did not take the password for its port: ${words}`)
  }
  return password
}
