/**
 * Sends the e-mails that are due, and shows what waited for the end of quiet hours. Any number of these run on any number of
 * machines (docs/decisions/0017-notifications.md).
 *
 *   claim, which writes the attempt down -> hand over to the mail provider, many at once -> record, many in one statement
 */
import type { Database } from '#platform/db/database.ts'
import { TurnCursor } from '#platform/jobs/turn-cursor.ts'
import { SmtpPool } from '#platform/mail/index.ts'
import type { Services } from '#platform/operations/services.ts'
import { linkKey } from './link-key.ts'
import { attemptMail, lostMail } from './mail-attempt.ts'
import { notificationMails, notificationsInFlight } from './metrics.ts'
import type { ClaimedMail, MailOutcome } from './sender-store.ts'
import { claimMails, lastLaneOfClaim, recordMails, showWaiting } from './sender-store.ts'

/** Messages that one process holds; of these, of one tenant: one whose provider hangs leaves room for the others. */
const mostHeld = 256
const mostOfTenant = 64
/** Longer than an attempt and its recording take: whoever dies leaves its messages for so long. */
export const leaseSeconds = 120
const attemptTimeoutMs = 30_000

const shortestPauseMs = 5
const longestPauseMs = 500
const afterFailureMs = 1_000
const mostShownAtOnce = 1_000

export type NotificationSenderOptions = {
  services: Services
  /** Connections of its own, so that neither requests nor messages wait for the other. */
  database: Database
  /** 30 seconds by default. */
  timeoutMs?: number
}

export class NotificationSender {
  readonly #services: Services
  readonly #database: Database
  readonly #timeoutMs: number
  readonly #pool = new SmtpPool()
  readonly #held = new Map<string, number>()
  /** By tenant. */
  readonly #turn: TurnCursor<string>
  readonly #running: Promise<void>
  #inFlight = 0
  #isStopping = false
  #outcomes: MailOutcome[] = []
  #recording: Promise<void> | null = null
  #wake: (() => void) | null = null

  /** Starts at once. */
  constructor({ services, database, timeoutMs = attemptTimeoutMs }: NotificationSenderOptions) {
    this.#services = services
    this.#database = database
    this.#timeoutMs = timeoutMs
    this.#turn = new TurnCursor('', (after) => lastLaneOfClaim(database, after))
    this.#running = this.#run()
  }

  /** Claims no more, lets what is under way finish for so long, and records it. */
  async stop(graceMs: number): Promise<void> {
    this.#isStopping = true
    this.#wake?.()
    await this.#running
    const end = performance.now() + graceMs
    while ((this.#inFlight > 0 || this.#recording) && performance.now() < end) await this.#pause(20)
    this.#pool.close()
  }

  async #run(): Promise<void> {
    let pauseMs = shortestPauseMs
    while (!this.#isStopping) {
      try {
        const taken = await this.#claim()
        const shown = await showWaiting(this.#database, mostShownAtOnce)
        pauseMs = taken + shown > 0 ? shortestPauseMs : Math.min(longestPauseMs, pauseMs * 1.5)
      } catch (error) {
        this.#services.logger.error({ err: error }, 'notifications could not be claimed')
        pauseMs = afterFailureMs
      }
      await this.#pause(pauseMs)
    }
  }

  /** @returns how many messages were claimed and started */
  async #claim(): Promise<number> {
    const room = mostHeld - this.#inFlight
    // Fewer, larger claims while much is under way.
    if (room < mostOfTenant / 2) return 0
    const held = Object.fromEntries(this.#held)
    const claimed = await claimMails(this.#database, {
      room,
      each: mostOfTenant,
      held,
      after: this.#turn.place,
      leaseSeconds,
    })
    if (claimed.length === 0) {
      await this.#turn.advance(null)
      return 0
    }
    const key = await linkKey(this.#services)
    for (const mail of claimed) void this.#send(mail, key)
    await this.#turn.advance(claimed.length < room ? null : (claimed.at(-1)?.tenant_id ?? null))
    return claimed.length
  }

  async #send(mail: ClaimedMail, key: string): Promise<void> {
    this.#inFlight++
    this.#held.set(mail.tenant_id, (this.#held.get(mail.tenant_id) ?? 0) + 1)
    notificationsInFlight.inc()
    const sending = { services: this.#services, pool: this.#pool, linkKey: key, timeoutMs: this.#timeoutMs }
    const outcome = await attemptMail(mail, sending).catch((error: unknown) => {
      this.#services.logger.error({ err: error, tenant: mail.tenant_id, delivery: mail.id }, 'a notification failed')
      return lostMail(mail)
    })
    notificationMails.inc({ outcome: outcome.outcome })
    this.#outcomes.push(outcome)
    this.#recording ??= this.#record().finally(() => {
      this.#recording = null
    })
  }

  /** What ends while one statement writes waits for the next. Nothing is given up while the database does not answer. */
  async #record(): Promise<void> {
    while (this.#outcomes.length > 0) {
      const batch = this.#outcomes
      this.#outcomes = []
      try {
        await recordMails(this.#database, batch)
      } catch (error) {
        this.#services.logger.error({ err: error, messages: batch.length }, 'outcomes could not be recorded yet')
        this.#outcomes.unshift(...batch)
        await new Promise((resolve) => setTimeout(resolve, afterFailureMs))
        continue
      }
      for (const { tenant_id } of batch) {
        this.#inFlight--
        notificationsInFlight.dec()
        const left = (this.#held.get(tenant_id) ?? 1) - 1
        if (left > 0) this.#held.set(tenant_id, left)
        else this.#held.delete(tenant_id)
      }
      if (this.#inFlight < mostHeld / 2) this.#wake?.()
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#wake?.(), ms)
      this.#wake = () => {
        clearTimeout(timer)
        this.#wake = null
        resolve()
      }
    })
  }
}
