/**
 * Sends what is queued. Any number of these run on any number of machines: each claims deliveries for a while, so none is
 * sent twice while all is well, and those of one that was killed are taken over (docs/decisions/0011-webhooks.md).
 *
 *   claim (a few ms, by turns of endpoints) -> send, many at once -> record, many in one statement
 */
import type { Database } from '#platform/db/database.ts'
import { TurnCursor } from '#platform/jobs/turn-cursor.ts'
import type { Services } from '#platform/operations/services.ts'
import type { KeepAliveClient } from '#platform/outbound-http/index.ts'
import type { Attempt } from './attempt.ts'
import { attemptTimeoutMs, failedAttempt, makeAttempt } from './attempt.ts'
import { AttemptRecorder } from './attempt-recorder.ts'
import type { DisableReason } from './disable.ts'
import { disableAsSystem } from './disable.ts'
import { EndpointKeys } from './endpoint-keys.ts'
import {
  webhookAttemptDuration,
  webhookAttempts,
  webhookDelay,
  webhookDeliveries,
  webhooksInFlight,
} from './metrics.ts'
import { firstPace, Pace } from './pace.ts'
import type { ClaimedDelivery } from './sender-store.ts'
import { advanceReplays, claimDeliveries, lastLaneOfClaim, releaseDeliveries, sweepQueue } from './sender-store.ts'

/** Deliveries that one process holds: to be sent in a moment, under way, or being recorded. */
const mostHeld = 1_024
/** Of these, for endpoints whose last attempt failed. */
const mostFailingHeld = 128
/** Longer than an attempt and its recording take; whoever dies leaves its deliveries for so long. */
const leaseSeconds = 45

/** Between claims: while there is work; up to, while there is none. */
const shortestPauseMs = 5
const longestPauseMs = 100
const afterFailureMs = 1_000
/** A claim of so many is a sign of more: the next one does not wait for its time. */
const worthHurrying = 16
const upkeepMs = 1_000
const mostSweptAtOnce = 2_000
const replayPortion = 500
const forgetPaceAfterMs = 30_000
const longestHeldMs = 5_000

export type DeliveryWorkerOptions = {
  services: Services
  /** Connections of its own, so that neither requests nor deliveries wait for the other. */
  database: Database
  sender: KeepAliveClient
  /** 15 seconds by default. */
  timeoutMs?: number
}

export class DeliveryWorker {
  readonly #services: Services
  readonly #database: Database
  readonly #sender: KeepAliveClient
  readonly #timeoutMs: number
  readonly #keys: EndpointKeys
  readonly #recorder: AttemptRecorder
  /** By endpoint. */
  readonly #turn: TurnCursor<number>
  readonly #paces = new Map<number, Pace<ClaimedDelivery>>()
  readonly #running: Promise<void>
  readonly #upkeep: NodeJS.Timeout
  #upkeepUnderWay: Promise<void> | null = null
  #inFlight = 0
  #failingInFlight = 0
  #isStopping = false
  #isAborting = false
  #wake: (() => void) | null = null
  #wakeBelow = 0

  /** Starts at once. */
  constructor({ services, database, sender, timeoutMs = attemptTimeoutMs }: DeliveryWorkerOptions) {
    this.#services = services
    this.#database = database
    this.#sender = sender
    this.#timeoutMs = timeoutMs
    this.#keys = new EndpointKeys(database, services.secrets)
    this.#turn = new TurnCursor(0, (after) => lastLaneOfClaim(database, after))
    this.#recorder = new AttemptRecorder(database, services.logger, (endpoints) => {
      for (const one of endpoints) void this.#disable({ ...one, reason: 'failing' })
    })
    this.#upkeep = setInterval(() => {
      this.#upkeepUnderWay ??= this.#keepUp().finally(() => {
        this.#upkeepUnderWay = null
      })
    }, upkeepMs)
    this.#running = this.#run()
  }

  /** Lets attempts finish for a while, then ends them and gives back what was not answered. */
  async stop(graceMs: number): Promise<void> {
    this.#isStopping = true
    clearInterval(this.#upkeep)
    this.#wakeUp()
    await this.#running
    await this.#upkeepUnderWay
    for (const pace of this.#paces.values()) await this.#giveBack(pace.letGo())
    await this.#idleWithin(graceMs)
    this.#isAborting = true
    await this.#sender.close()
    await this.#idleWithin(graceMs)
    await this.#recorder.drain(graceMs)
  }

  async #run(): Promise<void> {
    let pauseMs = shortestPauseMs
    while (!this.#isStopping) {
      try {
        const taken = await this.#claim()
        pauseMs = taken > 0 ? shortestPauseMs : Math.min(longestPauseMs, pauseMs * 1.5)
        this.#wakeBelow = taken >= worthHurrying || this.#inFlight >= mostHeld ? this.#inFlight / 2 : -1
      } catch (error) {
        this.#services.logger.error({ err: error }, 'webhooks could not be claimed')
        pauseMs = afterFailureMs
      }
      await this.#pause(pauseMs)
    }
  }

  /** @returns how many deliveries were claimed and started */
  async #claim(): Promise<number> {
    const room = mostHeld - this.#inFlight
    if (room <= 0) return 0
    const allowances: Record<string, number> = {}
    for (const [endpointPk, pace] of this.#paces) if (!pace.isOrdinary) allowances[endpointPk] = pace.allowance()
    const claimed = await claimDeliveries(this.#database, {
      room,
      failingRoom: Math.max(0, Math.min(room, mostFailingHeld - this.#failingInFlight)),
      after: this.#turn.place,
      allowances,
      first: firstPace,
      leaseSeconds,
    })
    try {
      if (claimed.length > 0) await this.#keys.prepare(claimed)
    } catch (error) {
      await releaseDeliveries(this.#database, claimed)
      throw error
    }
    for (const delivery of claimed) this.#begin(delivery)
    await this.#turn.advance(claimed.length < room ? null : Math.max(...claimed.map((one) => one.endpointPk)))
    return claimed.length
  }

  async #deliver(delivery: ClaimedDelivery, pace: Pace<ClaimedDelivery>): Promise<void> {
    pace.inFlight++
    const attempt = await this.#attempt(delivery)
    pace.inFlight--
    await this.#conclude(delivery, pace, attempt)
  }

  #sendNext(pace: Pace<ClaimedDelivery>): void {
    for (let next = pace.next(); next; next = pace.next()) void this.#deliver(next, pace)
  }

  async #conclude(delivery: ClaimedDelivery, pace: Pace<ClaimedDelivery>, attempt: Attempt | null): Promise<void> {
    if (attempt === null) {
      this.#sendNext(pace)
      return this.#end(delivery)
    }
    const { record, verdict } = attempt
    // Ended by us: it says nothing about the receiver.
    if (this.#isAborting && record.status_code === null) return this.#giveBack([delivery])
    if (verdict.succeeded) pace.succeeded()
    else if (verdict.overloaded) {
      pace.overloaded()
      void this.#giveBack(pace.letGo())
    }
    this.#sendNext(pace)
    webhookAttempts.inc({ outcome: verdict.code ?? 'succeeded' })
    webhookAttemptDuration.observe(record.total_ms / 1000)
    if (record.status !== 'pending') webhookDeliveries.inc({ outcome: record.status })
    // Before the delivery is over: of what comes after a crash in between, the next attempt would disable it.
    if (verdict.gone) await this.#disable({ ...delivery, url: record.url, reason: 'gone' })
    this.#recorder.add(record, () => this.#end(delivery))
  }

  /** null: the endpoint was deleted, and its deliveries with it. */
  async #attempt(delivery: ClaimedDelivery): Promise<Attempt | null> {
    const { clock } = this.#services
    const now = clock.now()
    const nowMs = now.getTime()
    const target = this.#keys.targetOf(delivery.endpointPk, nowMs)
    if (target === 'deleted') return null
    if (target === 'unreadable') {
      const message = 'The secret of this endpoint cannot be read: rotate it'
      return failedAttempt(delivery, { code: 'secret_unreadable', message, isFinal: false, now })
    }
    const { event } = delivery
    if (!event) {
      const message = 'The event is not kept any more'
      return failedAttempt(delivery, { code: 'event_gone', message, isFinal: true, now })
    }
    webhookDelay.observe(Math.max(0, nowMs - delivery.dueMs) / 1000)
    const { publicUrl } = this.#services.settings
    return makeAttempt(this.#sender, { ...delivery, event }, target, { publicUrl, timeoutMs: this.#timeoutMs, clock })
  }

  #begin(delivery: ClaimedDelivery): void {
    let pace = this.#paces.get(delivery.endpointPk)
    if (!pace) {
      pace = new Pace(delivery.failing)
      this.#paces.set(delivery.endpointPk, pace)
    }
    pace.lastUsedMs = performance.now()
    this.#inFlight++
    if (delivery.failing) this.#failingInFlight++
    webhooksInFlight.inc()
    pace.hold(delivery)
    this.#sendNext(pace)
  }

  #end(delivery: ClaimedDelivery): void {
    this.#inFlight--
    if (delivery.failing) this.#failingInFlight--
    webhooksInFlight.dec()
    if (this.#inFlight <= this.#wakeBelow || (this.#isStopping && this.#inFlight === 0)) this.#wakeUp()
  }

  /** What was claimed and not sent: somebody may send it now. Never throws; a claim that stays behind ends by itself. */
  async #giveBack(deliveries: readonly ClaimedDelivery[]): Promise<void> {
    try {
      await releaseDeliveries(this.#database, deliveries)
    } catch (error) {
      this.#services.logger.warn({ err: error, deliveries: deliveries.length }, 'claimed webhooks were not given back')
    }
    for (const one of deliveries) this.#end(one)
  }

  async #disable({ tenantId, ...input }: { tenantId: string; endpointPk: number } & DisableReason): Promise<void> {
    try {
      await disableAsSystem(this.#services, tenantId, input)
    } catch (error) {
      this.#services.logger.error(
        { err: error, tenant: tenantId, webhook: input.endpointPk },
        'a webhook was not disabled',
      )
    }
  }

  async #keepUp(): Promise<void> {
    const nowMs = performance.now()
    for (const [endpointPk, pace] of this.#paces) {
      // A receiver that has become slow: its claims must not end while they are held here.
      if (pace.lastUsedMs < nowMs - longestHeldMs) await this.#giveBack(pace.letGo())
      if (pace.inFlight === 0 && pace.lastUsedMs < nowMs - forgetPaceAfterMs) this.#paces.delete(endpointPk)
    }
    try {
      await sweepQueue(this.#database, mostSweptAtOnce)
      await advanceReplays(this.#database, { portion: replayPortion, mostWaiting: replayPortion * 2 })
    } catch (error) {
      this.#services.logger.error({ err: error }, 'upkeep of the webhook queue failed')
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#wakeUp(), ms)
      this.#wake = () => {
        clearTimeout(timer)
        this.#wake = null
        resolve()
      }
    })
  }

  #wakeUp(): void {
    this.#wake?.()
  }

  /** Resolves when nothing is under way any more, or after so long. */
  async #idleWithin(ms: number): Promise<void> {
    if (this.#inFlight > 0) await this.#pause(ms)
  }
}
