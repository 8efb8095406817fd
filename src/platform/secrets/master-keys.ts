/**
 * The master keys of this process: from the setting, or from a file in the data directory that is made at the first start.
 *
 * The file may change while the server runs (`key rotate`): its ring is read again when the file has changed, and at once
 * when a token does not open, since another process may have encrypted it under a key made a moment ago.
 */
import { randomBytes } from 'node:crypto'
import {
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { coreError } from '#kernel/errors.ts'
import { generateFernetKey, InvalidFernetTokenError } from '#kernel/fernet.ts'
import type { KeyRing } from '#kernel/key-ring.ts'
import { InvalidKeyRingError, parseKeyRing } from '#kernel/key-ring.ts'
import type { SecretBox } from './secret-box.ts'

const lookAgainAfterMs = 1_000

export type MasterKeysSource = { keys: string } | { dataDir: string }

export class MasterKeys implements SecretBox {
  readonly #file: string | null
  #ring: KeyRing
  #changedAtMs = 0
  #lookedAtMs = 0
  #problem: Error | null = null

  constructor(source: MasterKeysSource) {
    if ('keys' in source) {
      this.#file = null
      this.#ring = parseKeyRing(source.keys)
    } else {
      this.#file = masterKeyFile(source.dataDir)
      createFileIfMissing(this.#file)
      this.#changedAtMs = statSync(this.#file).mtimeMs
      this.#ring = readRing(this.#file)
    }
  }

  /** Where the keys are kept; null when they come from the setting. */
  get file(): string | null {
    return this.#file
  }

  get current(): KeyRing {
    if (this.#file !== null && Math.abs(Date.now() - this.#lookedAtMs) > lookAgainAfterMs) this.#readAgain(this.#file)
    return this.#ring
  }

  encrypt(plaintext: string | Buffer): string {
    return this.current.encrypt(plaintext)
  }

  decrypt(token: string): Buffer {
    try {
      return this.#decryptLookingAgain(token)
    } catch (error) {
      throw error instanceof InvalidFernetTokenError ? coreError('content_lost', { cause: error }) : error
    }
  }

  #decryptLookingAgain(token: string): Buffer {
    try {
      return this.current.decrypt(token)
    } catch (error) {
      if (this.#file === null || !(error instanceof InvalidFernetTokenError)) throw error
      this.#readAgain(this.#file)
      return this.#ring.decrypt(token)
    }
  }

  /** Looks at the file now, for whoever has just changed it. @throws InvalidKeyRingError, or what the file system says */
  reload(): void {
    const { problem } = this
    if (problem !== null) throw problem
  }

  /** Why the file, looked at now, cannot be read; its path stands in the message. The keys that were read before stay in force. */
  get problem(): Error | null {
    if (this.#file !== null) this.#readAgain(this.#file)
    return this.#problem
  }

  #readAgain(file: string): void {
    this.#lookedAtMs = Date.now()
    try {
      const changedAtMs = statSync(file, { throwIfNoEntry: false })?.mtimeMs
      // Gone while we run: what we have still opens everything, and the next start says that it is missing.
      if (changedAtMs === undefined) return
      // What could not be read may be mended without a change of it.
      if (changedAtMs === this.#changedAtMs && this.#problem === null) return
      this.#ring = readRing(file)
      this.#changedAtMs = changedAtMs
      this.#problem = null
    } catch (error) {
      this.#problem = error as Error
    }
  }
}

export function masterKeyFile(dataDir: string): string {
  return path.join(path.resolve(dataDir), 'master.keys')
}

/** Longer than any process takes to see a change of the file. */
export const masterKeysSettleMs = lookAgainAfterMs * 2

/** One key a line, the first encrypts. */
function readRing(file: string): KeyRing {
  try {
    return parseKeyRing(readLines(file).join(','))
  } catch (error) {
    if (!(error instanceof InvalidKeyRingError)) throw error
    const advice = 'Put back your copy of the file; a new key opens nothing that is stored'
    throw new InvalidKeyRingError(`${file}: ${error.message}. ${advice}`, { cause: error })
  }
}

function readLines(file: string): string[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
}

/** Puts a new key in front; the others stay, so that what they encrypted still opens. */
export function addMasterKey(file: string): void {
  replaceFile(file, [generateFernetKey(), ...readLines(file)])
}

/** Leaves the first key only. Whatever another key encrypted does not open any more. @returns how many went */
export function dropOldMasterKeys(file: string): number {
  const [first, ...old] = readLines(file)
  if (first === undefined) throw new Error(`${file} holds no key`)
  replaceFile(file, [first])
  return old.length
}

function createFileIfMissing(file: string): void {
  if (existsSync(file)) return
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
  const draft = writeDraft(file, [generateFernetKey()])
  try {
    // Exclusive and complete: of two first starts one makes the key, and the other never reads half of it.
    linkSync(draft, file)
    syncDirectoryOf(file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    rmSync(draft)
  }
}

function replaceFile(file: string, keys: string[]): void {
  const draft = writeDraft(file, keys)
  try {
    const { uid, gid } = statSync(file)
    // Root rotates the keys of a server that runs as somebody else, who must still be able to read them.
    if (process.getuid?.() === 0) chownSync(draft, uid, gid)
    else if (process.getuid && process.getuid() !== uid)
      throw new Error(`${file} belongs to user id ${uid}: run as that user`)
    renameSync(draft, file)
  } catch (error) {
    rmSync(draft, { force: true })
    throw error
  }
  // What is encrypted under a key from here on must not outlive the key in a power cut.
  syncDirectoryOf(file)
}

function writeDraft(file: string, keys: string[]): string {
  const draft = `${file}.${randomBytes(4).toString('hex')}`
  const content = `# Master keys of Clientele. Without them no stored secret opens: keep a copy apart from the database.\n${keys.join('\n')}\n`
  writeFileSync(draft, content, { flag: 'wx', mode: 0o600, flush: true })
  return draft
}

function syncDirectoryOf(file: string): void {
  const descriptor = openSync(path.dirname(file), 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
