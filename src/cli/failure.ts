/** What an error means to the person at the terminal: one line that says what to do, and an exit code. */
import { CommanderError } from 'commander'
import { DomainError } from '#kernel/errors.ts'
import { InvalidFernetTokenError } from '#kernel/fernet.ts'
import { InvalidKeyRingError } from '#kernel/key-ring.ts'
import { DataDirInUseError } from '#platform/db/embedded.ts'
import { MigrationError } from '#platform/db/migrate.ts'
import { NotOwnerError } from '#platform/db/owner-connection.ts'
import { wordsOf } from '#platform/db/state-words.ts'
import { ForeignKeysError } from '#platform/secrets/keys-fit.ts'
import { isContentLost } from '#platform/secrets/secret-box.ts'
import { ConfigError } from '#src/config.ts'
import type { ExitReason } from './exit-codes.ts'
import { CommandError } from './exit-codes.ts'

/** message: null where it has been shown already. */
export type Failure = { reason: ExitReason; message: string | null }

export function explainFailure(error: unknown): Failure {
  if (error instanceof CommanderError) return { reason: error.exitCode === 0 ? 'ok' : 'usage', message: null }
  if (!(error instanceof Error)) return { reason: 'failed', message: String(error) }
  return { reason: reasonOf(error), message: messageOf(error) }
}

const settingsErrors = [ConfigError, InvalidFernetTokenError, InvalidKeyRingError, NotOwnerError, ForeignKeysError]

function reasonOf(error: Error): ExitReason {
  if (error instanceof CommandError) return error.reason
  if (isContentLost(error)) return 'settings'
  if (settingsErrors.some((kind) => error instanceof kind)) return 'settings'
  if (error instanceof DataDirInUseError) return 'dataDirInUse'
  if (error instanceof MigrationError) return 'schema'
  return settingsBehind[codeOf(error)] ? 'settings' : 'failed'
}

function messageOf(error: Error): string {
  if (error instanceof InvalidFernetTokenError || isContentLost(error)) {
    return 'a stored secret does not open: give this command the CLIENTELE_MASTER_KEYS or CLIENTELE_DATA_DIR of the server'
  }
  if (error instanceof DomainError) {
    const details = error.details.map(({ path, message }) => withPlace(path?.slice(1).join('.') ?? '', message))
    // "See the details" helps nobody who sees them.
    const message = error.code === 'validation_failed' && details.length > 0 ? [] : [error.message]
    return [...message, ...details.filter((detail) => !error.message.includes(detail))].join('; ')
  }
  const code = codeOf(error)
  if (settingsBehind[code]) return settingsBehind[code]
  if (code === 'EADDRINUSE') return 'the address is taken by another program: stop it, or choose another PORT'
  if (code === 'EACCES' && 'syscall' in error && error.syscall === 'listen') {
    return 'this user may not listen on that port: choose a PORT from 1024 on'
  }
  if (unreachable.has(code) && (error as { syscall?: string }).syscall !== 'open')
    return `the database does not answer (${code}): is it running, and is DATABASE_URL right?`
  const ofFiles = messageOfFiles(error, code)
  if (ofFiles !== null) return ofFiles
  if (code === 'EPIPE' || error.message.startsWith('Connection terminated')) {
    return 'the database, or whoever reads the output, went away in the middle: look at it, and run the command again'
  }
  if (/^53|^XX001$/.test(code)) return `the database cannot serve (${code})${wordsOf(code)}`
  if (/^57P0[123]$/.test(code)) return 'the database was stopped or is starting: run the command again'
  // A connection that fails on several addresses has no message of its own.
  const message = error.message || (error instanceof AggregateError && error.errors[0]?.message) || error.name
  return known(error) ? message : `${message} (LOG_LEVEL=debug shows where)`
}

/** States in which PostgreSQL refuses a connection (appendix A of its manual). */
const settingsBehind: Record<string, string> = {
  '28P01': 'the database refuses the password: see DATABASE_URL',
  '28000': 'the database refuses the user: see DATABASE_URL',
  '3D000': 'there is no such database on the server: create it, or see DATABASE_URL',
}

/** What the system says of files, and what to do. */
const fileTroubles: Record<string, (call: string) => string> = {
  ENOENT: () => 'there is no such file or folder',
  EACCES: () =>
    `user id ${process.getuid?.() ?? '?'} may not: run as the owner of the data, or give it to this user (chown -R)`,
  EPERM: () => `user id ${process.getuid?.() ?? '?'} may not: run as the owner of the data`,
  EROFS: () =>
    'the disk takes no writes (mounted read-only, as after a fault of the disk): look at dmesg, then mount it anew',
  ENOSPC: () => 'the disk is full: make room (df -h, df -i)',
  EDQUOT: () => 'the quota of the disk is used up: make room',
  EMFILE: () => 'this process may open no more files: raise ulimit -n (LimitNOFILE) to 1024 or more',
  ENFILE: () => 'the system may open no more files: raise fs.file-max',
  EEXIST: (call) => (call === 'open' ? 'is there already, and stays' : 'something else is there: name a directory'),
  ENOTDIR: () => 'something else is there: name a directory',
  EIO: () => 'the disk fails: look at dmesg; restore a backup onto another one',
}

function messageOfFiles(error: Error, code: string): string | null {
  const words = fileTroubles[code]
  if (words === undefined) return null
  if (isOfFile(error)) return `${error.path}: ${words(error.syscall ?? '')}`
  // Writing to a file that is open already names none.
  return ['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE', 'EROFS', 'EIO'].includes(code) ? words('') : null
}

/** "email: Must match format". */
const withPlace = (place: string, message: string) => (place === '' ? message : `${place}: ${message}`)

const isOfFile = (error: Error): error is Error & { path: string; syscall?: string } =>
  typeof (error as { path?: unknown }).path === 'string' && (error as { syscall?: string }).syscall !== 'connect'

const unreachable = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ECONNRESET',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENOENT',
])

function codeOf(error: Error): string {
  const code = (error as { code?: unknown }).code
  return typeof code === 'string' ? code : ''
}

/** Errors whose messages were written for this reader. */
function known(error: Error): boolean {
  return error.constructor !== Error && !('routine' in error) && !(error instanceof TypeError)
}
