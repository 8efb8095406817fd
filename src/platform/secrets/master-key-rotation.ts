/**
 * Replaces the master keys while servers run.
 *
 *   1. what servers need must open: a command that was given the wrong keys changes nothing. What opens under none of the keys
 *      beside it (their key is lost) stays as it is: no key that is put in front or dropped here would ever open it
 *   2. with keys in a file: a new key goes in front, and every process of this machine sees it within masterKeysSettleMs
 *   3. passes over all stored secrets, until one finds nothing that is under another key
 *   4. to drop the old keys: what was encrypted under one before (2) may still be on its way to the database. It waits for a
 *      connection no longer than poolWaitMs; a table lock then waits for the statements that have begun. A pass that finds
 *      nothing after that proves that nothing needs the old keys.
 *
 * Killed anywhere, it can be run again: a key that was put in front and not finished with is finished with first.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { ClientBase } from 'pg'
import { poolWaitMs } from '../db/database.ts'
import type { Origin } from '../operations/operation.ts'
import { encryptedColumns } from './encrypted-columns.ts'
import { findForeignKeys, signingSecrets } from './keys-fit.ts'
import type { MasterKeys } from './master-keys.ts'
import { addMasterKey, dropOldMasterKeys, masterKeysSettleMs } from './master-keys.ts'
import type { ColumnCensus } from './reencrypt.ts'
import { countByKey, reencryptPass } from './reencrypt.ts'

/** The rotation did not begin or did not come to its end; nothing is lost, and the message says what to do. */
export class KeyRotationError extends Error {
  override readonly name = 'KeyRotationError'
}

export type RotationStep =
  | { step: 'key_added' | 'going_on'; fingerprint: string }
  | { step: 'pass'; number: number; reencrypted: number; skipped: number }
  | { step: 'waiting_for_writers' }

export type RotationOptions = {
  /** Connected as the owner of the schema. */
  client: ClientBase
  masterKeys: MasterKeys
  origin: Origin
  /** Put a new key in front (keys in a file only); else everything goes under the present first key. */
  addKey: boolean
  dropOld: boolean
  onStep?: (step: RotationStep) => void
}

export type RotationReport = {
  /** Of the key that everything is under now. */
  fingerprint: string
  reencrypted: number
  /** Tenants that had a secret encrypted anew. */
  tenants: number
  /** Keys that nothing needs any more and that are still in place. */
  oldKeys: string[]
  /** How many were removed. */
  dropped: number
  /** By column: how many open under none of the keys, and were left as they are. */
  left: Record<string, number>
}

const rotationLock = 7_361_025_003
const mostPasses = 20
const betweenPassesMs = 500
/** A writer that an event loop held up for longer than this between encrypting and asking for a connection is beyond hope. */
const eventLoopLagMs = 2_000
const tableLockAttempts = 60

export async function rotateMasterKeys(options: RotationOptions): Promise<RotationReport> {
  const { client } = options
  const { rows } = await client.query<{ locked: boolean }>('select pg_try_advisory_lock($1) as locked', [rotationLock])
  if (!rows[0]?.locked) throw new KeyRotationError('another rotation is under way: wait until it has ended')
  try {
    return await rotate(options)
  } finally {
    await client.query('select pg_advisory_unlock($1)', [rotationLock])
  }
}

async function rotate(options: RotationOptions): Promise<RotationReport> {
  const { client, masterKeys } = options
  masterKeys.reload()
  const census = await countByKey(client, masterKeys.current)
  await requireFitting(client, census, masterKeys)
  if (options.addKey) await putKeyInFront(options, census)

  const ring = masterKeys.current
  const [fingerprint = '', ...oldKeys] = ring.fingerprints()
  const passes: Passes = { told: new Set(), mostLeft: sumOf(census.map(({ unopenable }) => unopenable)) }
  let { reencrypted, left } = await passUntilNothingIsFound(options, passes)
  let dropped = 0
  if (options.dropOld && oldKeys.length > 0) {
    const file = masterKeys.file
    if (file === null) throw new KeyRotationError('keys in CLIENTELE_MASTER_KEYS are removed by whoever set it')
    options.onStep?.({ step: 'waiting_for_writers' })
    await delay(masterKeysSettleMs + poolWaitMs + eventLoopLagMs)
    await waitForWriters(client)
    const last = await passUntilNothingIsFound(options, passes)
    reencrypted += last.reencrypted
    left = last.left
    masterKeys.reload()
    if (masterKeys.current.fingerprints().join() !== [fingerprint, ...oldKeys].join()) {
      throw new KeyRotationError(`${file} was changed by somebody else meanwhile: nothing was removed, run it again`)
    }
    dropped = dropOldMasterKeys(file)
    masterKeys.reload()
  }
  return { fingerprint, reencrypted, tenants: passes.told.size, oldKeys: dropped > 0 ? [] : oldKeys, dropped, left }
}

const sumOf = (numbers: readonly number[]) => numbers.reduce((sum, one) => sum + one, 0)

async function requireFitting(
  client: ClientBase,
  census: readonly ColumnCensus[],
  masterKeys: MasterKeys,
): Promise<void> {
  const lost = census.filter(({ unopenable }) => unopenable > 0)
  if (lost.length === 0) return
  const { rows } = await client.query<{ secrets: string[] }>(`select ${signingSecrets}`)
  const isOurs = findForeignKeys(masterKeys, rows[0]?.secrets ?? []) === null
  if (isOurs && census.some(({ underKey }) => sumOf(underKey) > 0)) return
  const where = lost.map(({ table, unopenable }) => `${unopenable} in ${table}`).join(', ')
  const source = masterKeys.file ?? 'CLIENTELE_MASTER_KEYS'
  throw new KeyRotationError(
    `stored secrets (${where}) open under none of the keys of ${source}, so nothing was changed: give this command the same CLIENTELE_MASTER_KEYS or CLIENTELE_DATA_DIR as the server`,
  )
}

async function putKeyInFront({ masterKeys, onStep }: RotationOptions, census: readonly ColumnCensus[]): Promise<void> {
  const file = masterKeys.file
  if (file === null) return
  const unfinished = census.some(({ underKey }) => underKey.slice(1).some((count) => count > 0))
  if (!unfinished) {
    addMasterKey(file)
    masterKeys.reload()
  }
  const fingerprint = masterKeys.current.fingerprints()[0] ?? ''
  onStep?.({ step: unfinished ? 'going_on' : 'key_added', fingerprint })
  // Also for a key that was there: whoever put it there may have been killed a moment later.
  await delay(masterKeysSettleMs)
}

type Passes = {
  /** Tenants that have got their audit event. */
  told: Set<string>
  /** What had opened under no key at the beginning. */
  mostLeft: number
}

/** @returns how many secrets were encrypted anew, and what is left closed */
async function passUntilNothingIsFound(
  options: RotationOptions,
  { told, mostLeft }: Passes,
): Promise<Pick<RotationReport, 'reencrypted' | 'left'>> {
  const { client, masterKeys, origin, onStep } = options
  let total = 0
  for (let number = 1; number <= mostPasses; number++) {
    const { reencrypted, skipped, left } = await reencryptPass(client, masterKeys.current, { origin, told })
    onStep?.({ step: 'pass', number, reencrypted, skipped })
    total += reencrypted
    if (sumOf(Object.values(left)) > mostLeft) {
      throw new KeyRotationError(
        'secrets under a key that is not known here appeared meanwhile: a server works with other keys. Restart all servers with the present keys and run it again',
      )
    }
    if (reencrypted === 0 && skipped === 0) return { reencrypted: total, left }
    if (skipped > 0) await delay(betweenPassesMs)
  }
  throw new KeyRotationError(
    `secrets under an old key still appeared in pass ${mostPasses}: a server works with other keys. Restart all servers with the present keys and run it again`,
  )
}

/** Waits until every statement that is writing to the tables now has ended; new ones are held up for a second at most. */
async function waitForWriters(client: ClientBase): Promise<void> {
  for (const { table } of encryptedColumns) {
    for (let attempt = 1; ; attempt++) {
      try {
        await client.query(`begin; set local lock_timeout = '1s'; lock table ${table} in share mode; commit`)
        break
      } catch (error) {
        await client.query('rollback')
        const isTimeout = (error as { code?: string }).code === '55P03'
        if (!isTimeout) throw error
        if (attempt >= tableLockAttempts) {
          throw new KeyRotationError(
            `a transaction on ${table} does not end: everything was encrypted anew, no key was removed; run it again`,
            { cause: error },
          )
        }
      }
    }
  }
}
