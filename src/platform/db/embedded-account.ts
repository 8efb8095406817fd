/**
 * The user the server runs as. PostgreSQL refuses to run as root, so a root process starts it
 * - as the owner of the cluster, where that is somebody else than root;
 * - else in a user namespace that shows root as an ordinary user: files stay root's, private directories stay reachable;
 * - else, where namespaces are forbidden (most containers), as the system's `postgres` or `nobody`, who then own the cluster.
 */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'

export type ServerAccount = {
  /** Words that go before a command to run it as this user. */
  prefix: string[]
  /** Ids to start a command under, and owner of the files it is to use; absent where they are our own. */
  ids?: { uid: number; gid: number }
}

/** All that a server inherits: our own environment holds secrets, and libpq's variables would change its behaviour. */
export const serverEnvironment = { LC_ALL: 'C', TZ: 'UTC' }

/** Arguments for `spawn` and `spawnSync` that run the command as the account. */
export function commandAs(account: ServerAccount, command: string[]): { file: string; args: string[] } {
  const [file = '', ...args] = [...account.prefix, ...command]
  return { file, args }
}

/** Gives the file or directory (not what is in it) to the account. */
export function giveTo(account: ServerAccount, file: string): void {
  if (account.ids) fs.lchownSync(file, account.ids.uid, account.ids.gid)
}

function giveTreeTo(account: ServerAccount, directory: string): void {
  for (const entry of fs.readdirSync(directory, { recursive: true, withFileTypes: true })) {
    giveTo(account, path.join(entry.parentPath, entry.name))
  }
  giveTo(account, directory)
}

/** Somebody without privileges whom /etc/passwd knows by name: initdb refuses a user id without one. */
function findUnprivilegedUser(): { uid: number; gid: number } | null {
  const users = fs
    .readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name, , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
    .filter(({ uid, gid }) => uid > 0 && gid > 0)
  const user = users.find(({ name }) => name === 'postgres') ?? users.find(({ name }) => name === 'nobody') ?? users[0]
  return user ? { uid: user.uid, gid: user.gid } : null
}

function mayEnter(account: ServerAccount, directory: string): boolean {
  const { file, args } = commandAs(account, ['/bin/sh', '-c', 'cd -- "$1"', 'sh', directory])
  return spawnSync(file, args, { ...account.ids, env: serverEnvironment, stdio: 'ignore' }).status === 0
}

/** Lets the account pass through our own data directory; what stands above it is not ours to open. */
function letPass(account: ServerAccount, dataDir: string): boolean {
  if (mayEnter(account, dataDir)) return true
  const { mode } = fs.statSync(dataDir)
  fs.chmodSync(dataDir, mode | 0o011)
  if (mayEnter(account, dataDir)) return true
  fs.chmodSync(dataDir, mode)
  return false
}

function namespaceAccount(user: { uid: number; gid: number }): ServerAccount | null {
  const found = spawnSync('/bin/sh', ['-c', 'command -v unshare'], { encoding: 'utf8' })
  const unshare = found.stdout.trim()
  if (found.status !== 0 || !path.isAbsolute(unshare)) return null
  return { prefix: [unshare, '--user', `--map-user=${user.uid}`, `--map-group=${user.gid}`] }
}

/**
 * Chooses the user for the server on `<dataDir>/postgres` and gives it that directory, if it exists already.
 * Throws where PostgreSQL cannot run as, or cannot reach the data from, any user that this process may become.
 */
export function chooseServerAccount(dataDir: string, clusterDir: string): ServerAccount {
  const cluster = fs.statSync(clusterDir, { throwIfNoEntry: false })
  const uid = process.getuid?.()
  if (uid !== 0) {
    if (cluster && uid !== undefined && cluster.uid !== uid) {
      throw new Error(
        `the database ${clusterDir} belongs to user id ${cluster.uid}, but this process runs as ${uid}: start it as its owner`,
      )
    }
    return { prefix: [] }
  }
  if (cluster && cluster.uid !== 0) {
    const owner = { prefix: [], ids: { uid: cluster.uid, gid: cluster.gid } }
    if (letPass(owner, dataDir)) return owner
    throw new Error(`the owner of ${clusterDir} (user id ${cluster.uid}) may not enter ${dataDir}`)
  }
  const user = findUnprivilegedUser()
  if (user === null) {
    throw new Error('PostgreSQL refuses to run as root and /etc/passwd names no other user: start Clientele as one')
  }
  const namespace = namespaceAccount(user)
  if (namespace && mayEnter(namespace, dataDir)) return namespace
  const other = { prefix: [], ids: user }
  if (letPass(other, dataDir)) {
    if (cluster) giveTreeTo(other, clusterDir)
    return other
  }
  throw new Error(
    `PostgreSQL refuses to run as root, and user id ${user.uid} may not enter ${dataDir}: ` +
      'set CLIENTELE_DATA_DIR to a directory such as /var/lib/clientele, or start Clientele as an ordinary user',
  )
}
