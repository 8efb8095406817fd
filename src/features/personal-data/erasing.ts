/**
 * How a person is erased: by a job, in steps of bounded size that may all be done again. What the person is recognised by is kept,
 * sealed, from the first step to the last, so that whoever takes over from a worker that was killed goes on where nothing of the
 * person's own rows is left.
 *
 *   own rows -> copies in files -> free text and sealed content of other rows -> the audit log -> the end, an event itself
 */
import { redactEvents } from '#features/audit/index.ts'
import { coreError } from '#kernel/errors.ts'
import type { Tx } from '#platform/db/unit-of-work.ts'
import type { JobKind } from '#platform/jobs/kept-job.ts'
import { giveUpKeptJob, runKeptJob, TakenAwayError } from '#platform/jobs/kept-job.ts'
import { writeInTenant } from '#platform/operations/in-tenant.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import type { Services } from '#platform/operations/services.ts'
import { attemptsForKey } from '#platform/secrets/secret-box.ts'
import { catalogue, scrubbed } from './catalogue.ts'
import * as tables from './erase-store.ts'
import type { Ending, Outcome, Started } from './erasure-store.ts'
import { keepMarks, saveOutcome, startErasure } from './erasure-store.ts'
import type { Marks } from './marks.ts'
import { erased, marksOf, Scrubber, searchedFor } from './marks.ts'
import { endErasureOperation } from './operations.ts'
import { findMarks, removeCustomer } from './subject-store.ts'

export const erasureQueue = 'erasure'
export type ErasureJob = { tenantId: string; erasureId: string }

const firstPlace = '(0,0)'

/** One attempt of one erasure. */
class Erasing {
  readonly outcome: Required<Pick<Outcome, 'deleted' | 'changed'>> & Outcome
  readonly #services: Services
  readonly #tenantId: string
  readonly #running: { id: string; attempt: number }
  readonly #marks: Marks
  readonly #scrubber: Scrubber

  constructor(
    services: Services,
    given: { tenantId: string; id: string; attempt: number; marks: Marks; before: Outcome },
  ) {
    this.#services = services
    this.#tenantId = given.tenantId
    this.#running = { id: given.id, attempt: given.attempt }
    this.#marks = given.marks
    this.#scrubber = new Scrubber(given.marks)
    this.outcome = { ...given.before, deleted: { ...given.before.deleted }, changed: { ...given.before.changed } }
  }

  async run(): Promise<void> {
    await this.#ownRows()
    await this.#copies()
    await this.#texts()
    await this.#auditLog()
  }

  /** One step, with what it has done by then. */
  async #step<T>(work: (tx: Tx) => Promise<T>, note: (done: T) => void): Promise<T> {
    return writeInTenant(this.#services, this.#tenantId, async (tx) => {
      const done = await work(tx)
      note(done)
      const isOurs = await saveOutcome(tx, this.#tenantId, this.#running, this.outcome)
      if (!isOurs) throw new TakenAwayError('another worker has it')
      return done
    })
  }

  async #ownRows(): Promise<void> {
    const [tenantId, marks] = [this.#tenantId, this.#marks]
    for (const [table, entry] of Object.entries(catalogue)) {
      if (entry.own?.[marks.type] === undefined) continue
      for (;;) {
        const gone = await this.#step(
          (tx) => tables.deleteOwn(tx, { tenantId, table, entry, marks }),
          (rows) => add(this.outcome.deleted, table, rows),
        )
        if (tables.isLastStep(gone)) break
      }
    }
    if (marks.type !== 'customer') return
    const { secrets } = this.#services
    await this.#step(
      (tx) => removeCustomer(tx, { tenantId, customerId: marks.id, secrets }),
      (done) => {
        if (done !== 'gone' || this.outcome.customer === undefined) this.outcome.customer = done
      },
    )
  }

  async #copies(): Promise<void> {
    await this.#step(
      async (tx) => {
        // It may have read the person from its file already; its job is tried again until it has ended.
        if (await tables.isImportUnderWay(tx, this.#tenantId)) throw coreError('unavailable')
        return tables.deleteCopies(tx, this.#tenantId)
      },
      (files) => {
        this.outcome.files = (this.outcome.files ?? 0) + files
      },
    )
  }

  async #texts(): Promise<void> {
    const [tenantId, marks, scrubber] = [this.#tenantId, this.#marks, this.#scrubber]
    // An earlier attempt has counted them as well.
    this.outcome.sealedLeft = 0
    for (const [table, entry] of Object.entries(catalogue)) {
      if (!scrubbed(entry)) continue
      const common = { tenantId, table, entry, scrubber }
      await this.#passes(table, (tx, behind) => tables.scrubRows(tx, { ...common, marks, behind }))
      await this.#passes(table, (tx, behind) => tables.scrubSealed(tx, this.#services.secrets, { ...common, behind }))
    }
  }

  /** Through a table from its beginning to its end. */
  async #passes(
    table: string,
    scrub: (tx: Tx, behind: string) => Promise<{ changed: number; lost: number; last: string | null }>,
  ): Promise<void> {
    for (let place: string | null = firstPlace; place !== null; ) {
      const behind: string = place
      const step = await this.#step(
        (tx) => scrub(tx, behind),
        ({ changed, lost }) => {
          add(this.outcome.changed, table, changed)
          this.outcome.sealedLeft = (this.outcome.sealedLeft ?? 0) + lost
        },
      )
      if (step.lost > 0 && this.#running.attempt < attemptsForKey) throw coreError('content_lost')
      place = step.last
    }
  }

  async #auditLog(): Promise<void> {
    const { type, id } = this.#marks
    const isUser = type === 'user'
    const filter = {
      userId: isUser ? id : null,
      target: isUser ? null : { type, id },
      texts: searchedFor(this.#marks).filter((one) => one !== id.toLowerCase()),
    }
    const redacted = await redactEvents(this.#services, {
      tenantId: this.#tenantId,
      erasureId: this.#running.id,
      filter,
      redact: (event) => {
        const isOwn = isUser && event.user_id === id
        const isAbout = isOwn || (event.target_type === type && event.target_id === id)
        const { description, context, target_id } = event
        const actor = isOwn ? withoutPlace(event.actor) : event.actor
        const said = { description, context, actor, target_id }
        const now = this.#scrubber.row(said, isAbout || this.#scrubber.names(said))
        return now === said && actor === event.actor ? event : now
      },
    })
    this.outcome.auditEvents = (this.outcome.auditEvents ?? 0) + redacted.events
    this.outcome.auditEventsLeft = redacted.tampered
  }
}

/** From where and with what the person acted. */
function withoutPlace(actor: Record<string, unknown>): Record<string, unknown> {
  const named = ['ip_address', 'user_agent'].filter((name) => actor[name] !== undefined && actor[name] !== erased)
  if (named.length === 0) return actor
  return { ...actor, ...Object.fromEntries(named.map((name) => [name, erased])) }
}

function add(counts: Record<string, number>, table: string, rows: number): void {
  if (rows > 0) counts[table] = (counts[table] ?? 0) + rows
}

const kind: JobKind<Started, never, Ending> = {
  name: 'erasure',
  start: startErasure,
  // Its steps save what they have done themselves.
  save: async () => true,
  end: (services, ended, call) => runForResult(services, endErasureOperation, ended, call),
  givenUp: { status: 'failed', failure: 'internal' },
}

export function runErasure(services: Services, { tenantId, erasureId: id }: ErasureJob): Promise<void> {
  const { secrets } = services
  return runKeptJob(services, kind, { tenantId, id }, async ({ attempt, erasure, marks: kept }): Promise<Ending> => {
    const { subject, outcome: before } = erasure
    const marks =
      kept ??
      (await writeInTenant(services, tenantId, async (tx) => {
        // Deleted since it was asked for: its id is still looked for.
        const given = { tenantId, subject, services, mustReadAll: attempt < attemptsForKey }
        const found = (await findMarks(tx, given)) ?? marksOf(subject, [])
        await keepMarks(tx, tenantId, { id, attempt }, { marks: found, secrets })
        return found
      }))
    const erasing = new Erasing(services, { tenantId, id, attempt, marks, before })
    await erasing.run()
    return { status: 'completed', outcome: erasing.outcome }
  })
}

/** The queue has given up on this job. */
export function failAbandonedErasure(services: Services, { tenantId, erasureId: id }: ErasureJob): Promise<void> {
  return giveUpKeptJob(services, kind, { tenantId, id })
}
