/**
 * Finds what is due, by an index, and gives it to the queue: in one transaction, so that a claim without a job and a job
 * without a claim do not exist. Any number of processes may do it at once.
 */
import type { Database } from '#platform/db/database.ts'
import { TurnCursor } from '#platform/jobs/turn-cursor.ts'
import type { Services } from '#platform/operations/services.ts'
import { lastLaneOfLook, takeDue, together } from './dispatch-store.ts'
import { workflowQueue } from './running.ts'
import { fireSchedules } from './schedules.ts'

const busyMs = 50
const idleMs = 500
const room = 400
const eachTenant = 100
const eachJob = 20
/** What was lost on the way comes again after this. */
const leaseSeconds = 60
const schedulesEveryMs = 1_000

export class WorkflowDispatcher {
  readonly #services: Services
  readonly #database: Database
  #stopped = false
  #timer: NodeJS.Timeout | null = null
  #looking: Promise<void>
  /** By tenant. */
  readonly #turn: TurnCursor<string>
  #schedulesAt = 0

  constructor({ services, database }: { services: Services; database: Database }) {
    this.#services = services
    this.#database = database
    this.#turn = new TurnCursor('', (after) => lastLaneOfLook(database, after))
    this.#looking = this.#look()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    if (this.#timer) clearTimeout(this.#timer)
    await this.#looking
  }

  async #look(): Promise<void> {
    let found = 0
    try {
      if (performance.now() >= this.#schedulesAt) {
        this.#schedulesAt = performance.now() + schedulesEveryMs
        found += await fireSchedules(this.#services)
      }
      found += await this.#dispatch()
    } catch (error) {
      this.#services.logger.warn({ err: error }, 'workflows that are due could not be looked for')
    }
    if (this.#stopped) return
    const wait = found >= room ? 0 : found > 0 ? busyMs : idleMs
    this.#timer = setTimeout(() => {
      this.#looking = this.#look()
    }, wait)
  }

  async #dispatch(): Promise<number> {
    const due = await together(this.#database, async (tx) => {
      const found = await takeDue(tx, { room, each: eachTenant, after: this.#turn.place, leaseSeconds })
      const jobs = [...Map.groupBy(found, (one) => one.tenantId)].flatMap(([tenantId, ofTenant]) => {
        const ids = ofTenant.map((one) => one.id)
        return Array.from({ length: Math.ceil(ids.length / eachJob) }, (_, i) => ({
          tenantId,
          executionIds: ids.slice(i * eachJob, (i + 1) * eachJob),
        }))
      })
      await Promise.all(jobs.map((job) => this.#services.jobs.enqueue(tx, workflowQueue, job)))
      return found
    })
    await this.#turn.advance(due.length < room ? null : (due.at(-1)?.tenantId ?? null))
    return due.length
  }
}
