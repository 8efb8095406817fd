/**
 * Measures webhooks in one run: node bench/webhooks.ts [--rounds N] [--deliveries N] [--seconds N]
 * What the figures mean: docs/performance.md.
 */
import type { KeyObject } from 'node:crypto'
import { createHmac, createSecretKey } from 'node:crypto'
import os from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Pool } from 'undici'
import { createClient, updateClient } from '#features/clients/index.ts'
import { createWebhook } from '#features/webhooks/index.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import { firstTenant } from '#src/bootstrap.ts'
import { cpuSecondsOf, cpuSecondsOfPostgres } from './cpu-time.ts'
import { median, pairedRatio } from './statistics.ts'
import { WebhookStage } from './webhook-stage.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    deliveries: { type: 'string', default: '20000' },
    seconds: { type: 'string', default: '20' },
  },
})
const [rounds, deliveries, seconds] = [values.rounds, values.deliveries, values.seconds].map(Number) as [
  number,
  number,
  number,
]
const inFlight = 64
const plainKey = Buffer.alloc(32, 1)
const as = {
  actor: { kind: 'system', tenantId: firstTenant, name: 'bench' },
  origin: { requestId: 'bench', ipAddress: null, userAgent: null, via: 'bench' },
} as const

type Line = { measurement: string; figure: string; peer?: string; ratio?: number; target?: string; reached?: boolean }

console.log(
  `${os.cpus().length} cores (${os.cpus()[0]?.model.trim()}), Node ${process.versions.node}, load ${os.loadavg()[0]?.toFixed(1)}; ` +
    'worker, PostgreSQL (fsync on), receiver and load share the cores',
)
const stage = await WebhookStage.open()
try {
  const lines = [...(await measureThroughput()), ...(await measureDeadEndpoints()), ...(await measureDelay())]
  console.table(lines)
  console.log(`load at the end ${os.loadavg()[0]?.toFixed(1)}`)
} finally {
  await stage.close()
}

/**
 * What a program would do that keeps nothing: a signature, and a POST over kept connections. `key`: a Buffer, as most people
 * write it, or a KeyObject, which Node signs with six times faster.
 */
async function runBareLoop(count: number, key: Buffer | KeyObject): Promise<number> {
  const origin = `http://127.0.0.1:${stage.ports.receiver}`
  const pool = new Pool(origin, { connections: inFlight })
  let sent = 0
  const started = performance.now()
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (sent < count) {
        const id = `bare-${sent++}`
        const timestamp = Math.floor(Date.now() / 1000)
        const body = JSON.stringify({
          id,
          type: 'client.updated',
          timestamp,
          data: { number: sent },
          padding: 'x'.repeat(250),
        })
        const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')
        const headers = {
          'content-type': 'application/json',
          'webhook-id': id,
          'webhook-timestamp': String(timestamp),
          'webhook-signature': `v1,${signature}`,
        }
        const answer = await pool.request({ path: '/bare', method: 'POST', headers, body })
        await answer.body.dump()
      }
    }),
  )
  const perSecond = count / ((performance.now() - started) / 1000)
  await pool.close()
  return perSecond
}

/** Deliveries a second from the first to the last that arrives; `each` for each endpoint. */
async function drain(
  pks: readonly number[],
  each: number,
): Promise<{ perSecond: number; cpuUs: { worker: number; postgres: number } }> {
  await stage.queue(pks, each)
  await stage.reset()
  const before = { worker: cpuSecondsOf(stage.workerPid), postgres: cpuSecondsOfPostgres() }
  await stage.setStatus(pks, 'enabled')
  const { firstMs, lastMs, different } = await stage.waitForArrivals(pks.length * each)
  await queueIsEmpty(pks)
  const us = (after: number, earlier: number) => Math.round(((after - earlier) * 1e6) / different)
  const cpuUs = {
    worker: us(cpuSecondsOf(stage.workerPid), before.worker),
    postgres: us(cpuSecondsOfPostgres(), before.postgres),
  }
  await stage.setStatus(pks, 'paused')
  return { perSecond: different / ((lastMs - firstMs) / 1000), cpuUs }
}

async function queueIsEmpty(pks: readonly number[]): Promise<void> {
  for (;;) {
    const left = await stage.owner.query<{ n: number }>(
      'select count(*)::integer as n from webhook_queue where endpoint_pk = any($1)',
      [pks],
    )
    if (left.rows[0]?.n === 0) return
    await delay(50)
  }
}

function toReceiver(word: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `http://127.0.0.1:${stage.ports.receiver}/${word}/${i}`)
}

async function measureThroughput(): Promise<Line[]> {
  const lines: Line[] = []
  for (const endpoints of [1, 20]) {
    const pks = await stage.addPausedEndpoints(toReceiver(`throughput-${endpoints}`, endpoints))
    const each = Math.round(deliveries / endpoints)
    await drain(pks, Math.round(each / 5))
    await runBareLoop(deliveries / 5, plainKey)
    const ours: number[] = []
    const bare: number[] = []
    const fastest: number[] = []
    let cpu = ''
    for (let round = 0; round < rounds; round++) {
      const drained = await drain(pks, each)
      ours.push(drained.perSecond)
      cpu = `CPU us: worker ${drained.cpuUs.worker}, PostgreSQL ${drained.cpuUs.postgres}`
      bare.push(await runBareLoop(deliveries, plainKey))
      fastest.push(await runBareLoop(deliveries, createSecretKey(plainKey)))
      console.log(
        `  ${endpoints} endpoint(s): ours ${ours.at(-1)?.toFixed(0)}/s, bare ${bare.at(-1)?.toFixed(0)}/s, ` +
          `with a KeyObject ${fastest.at(-1)?.toFixed(0)}/s; ${cpu}`,
      )
    }
    const ratio = pairedRatio(ours, bare)
    lines.push({
      measurement: `signed deliveries, recorded, to ${endpoints} endpoint(s)`,
      figure: `${median(ours).toFixed(0)}/s (${cpu})`,
      peer: `bare undici loop with HMAC: ${median(bare).toFixed(0)}/s`,
      ratio: Math.round(ratio * 100) / 100,
      target: '>= 0.5',
      reached: ratio >= 0.5,
    })
    lines.push({
      measurement: '  beside a loop that keeps its KeyObject',
      figure: '',
      peer: `${median(fastest).toFixed(0)}/s`,
      ratio: Math.round(pairedRatio(ours, fastest) * 100) / 100,
    })
  }
  return lines
}

/** The same 90 endpoints' deliveries, alone and beside 10 that refuse connections or never answer. */
async function measureDeadEndpoints(): Promise<Line[]> {
  const healthy = await stage.addPausedEndpoints(toReceiver('healthy', 90))
  const dead = await stage.addPausedEndpoints(
    Array.from({ length: 10 }, (_, i) => `http://127.0.0.1:${i % 2 ? stage.ports.silent : stage.ports.closed}/${i}`),
  )
  const each = Math.round(deliveries / 100)
  await drain(healthy, Math.round(each / 5))
  const alone: number[] = []
  const beside: number[] = []
  for (let round = 0; round < rounds; round++) {
    alone.push((await drain(healthy, each)).perSecond)
    await stage.queue(dead, each)
    await stage.setStatus(dead, 'enabled')
    beside.push((await drain(healthy, each)).perSecond)
    await stage.setStatus(dead, 'paused')
    await stage.forgetQueue()
    console.log(`  90 healthy: alone ${alone.at(-1)?.toFixed(0)}/s, beside 10 dead ${beside.at(-1)?.toFixed(0)}/s`)
  }
  const ratio = pairedRatio(beside, alone)
  return [
    {
      measurement: 'deliveries of 90 healthy endpoints beside 10 dead ones',
      figure: `${median(beside).toFixed(0)}/s`,
      peer: `without the dead ones: ${median(alone).toFixed(0)}/s`,
      ratio: Math.round(ratio * 100) / 100,
      target: '> 0.9',
      reached: ratio > 0.9,
    },
  ]
}

/** 100 operations a second that each cause an event; from the beginning of the event's transaction to the arrival. */
async function measureDelay(): Promise<Line[]> {
  const { services } = stage.runtime
  const clients: string[] = []
  for (let i = 0; i < 10; i++) {
    const { uid } = await runForResult(services, createClient, { name: `Timed ${i}` }, as)
    await runForResult(services, createWebhook, { clientUid: uid, url: `${toReceiver('timed', 1)[0]}${i}` }, as)
    clients.push(uid)
  }
  await stage.reset()
  const begun = performance.now()
  const count = seconds * 100
  const running: Promise<unknown>[] = []
  for (let i = 0; i < count; i++) {
    const input = { clientUid: clients[i % clients.length] as string, changes: { description: `change ${i}` } }
    running.push(runForResult(services, updateClient, input, as))
    const early = begun + (i + 1) * 10 - performance.now()
    if (early > 0) await delay(early)
  }
  await Promise.all(running)
  const { delays } = await stage.waitForArrivals(count)
  delays.sort((a, b) => a - b)
  const at = (part: number) => delays[Math.min(delays.length - 1, Math.floor(delays.length * part))] as number
  return [
    {
      measurement: 'delay at 100 events/s, p50',
      figure: `${at(0.5)} ms`,
      target: '< 50 ms',
      reached: at(0.5) < 50,
    },
    {
      measurement: 'delay at 100 events/s, p99',
      figure: `${at(0.99)} ms (max ${at(1)} ms)`,
      target: '< 500 ms',
      reached: at(0.99) < 500,
    },
  ]
}
