/** Whether this process can serve, for load balancers: anybody may ask, so that the answer names conditions only. */
import { InvalidKeyRingError } from '#kernel/key-ring.ts'
import { migrations } from '#migrations/index.ts'
import type { Database } from '#platform/db/database.ts'
import { wordsOf } from '#platform/db/state-words.ts'
import { sqlStateOf } from '#platform/operations/database-errors.ts'
import type { Logger } from '#platform/operations/services.ts'
import { findForeignKeys, signingSecrets } from '#platform/secrets/keys-fit.ts'
import type { MasterKeys } from '#platform/secrets/master-keys.ts'

/** By part; none when it is ready. */
type Problems = Record<string, string>

/** Whoever asks does not wait for ever: load balancers commonly give up after some seconds. */
const readyWithinMs = 4_000

/** SQLSTATE of PostgreSQL: the table that keeps the applied migrations is not there. */
const undefinedTable = '42P01'

export class Readiness {
  readonly #database: Database
  readonly #keys: MasterKeys
  readonly #logger: Logger
  /** What of the keys the log has: it is asked every few seconds. */
  #logged: string | null = null

  constructor(database: Database, keys: MasterKeys, logger: Logger) {
    this.#database = database
    this.#keys = keys
    this.#logger = logger
  }

  async findProblems(): Promise<Problems> {
    const { promise, resolve } = Promise.withResolvers<Problems>()
    const late = { database: `does not answer within ${readyWithinMs / 1000} s` }
    const timer = setTimeout(() => resolve(late), readyWithinMs)
    try {
      return await Promise.race([this.#ask(), promise])
    } finally {
      clearTimeout(timer)
    }
  }

  async #ask(): Promise<Problems> {
    try {
      const [row] = await this.#database.platformRead<{ applied: string[]; queue: boolean; secrets: string[] }>(
        `select array(select id from schema_migrations order by id) as applied,
                to_regclass('pgboss.version') is not null as queue, ${signingSecrets}`,
      )
      const keys = this.#keysProblem() ?? findForeignKeys(this.#keys, row?.secrets ?? [])
      const missing = migrations.filter((one) => !row?.applied.includes(one.id)).map((one) => one.id)
      return {
        ...(missing.length > 0 ? { migrations: `not applied yet: ${missing.join(', ')}` } : {}),
        ...(row?.queue ? {} : { queue: 'the job queue is not installed' }),
        ...(keys === null ? {} : { keys }),
      }
    } catch (error) {
      const code = sqlStateOf(error)
      if (code === undefinedTable)
        return { migrations: 'not applied yet: the database is empty, run "clientele migrate"' }
      return { database: `does not answer (${code ?? 'connection failed'})${wordsOf(code)}` }
    }
  }

  /** The condition of the file for anybody; where it is, and more, for the log. */
  #keysProblem(): string | null {
    const { problem } = this.#keys
    if (problem !== null && problem.message !== this.#logged)
      this.#logger.error(
        { problem: problem.message },
        'the master keys cannot be read: those read before stay in force',
      )
    this.#logged = problem?.message ?? null
    if (problem === null) return null
    return problem instanceof InvalidKeyRingError
      ? 'the master keys are damaged: the log of the server says where'
      : 'the master keys cannot be read: the log of the server says why'
  }
}
