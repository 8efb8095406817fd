/**
 * Measures notifications in one run: node bench/notifications.ts [--rounds N] [--messages N]
 * What the figures mean: docs/performance-notifications.md.
 */
import type { ChildProcess } from 'node:child_process'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import nodemailer from 'nodemailer'
import pg from 'pg'
import { configureNotifications, NotificationSender, sendNotification } from '#features/notifications/index.ts'
import { generateFernetKey } from '#kernel/fernet.ts'
import { Database } from '#platform/db/database.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import { ensureFirstAdministrator, firstTenant } from '#src/bootstrap.ts'
import { readConfig } from '#src/config.ts'
import { openRuntime } from '#src/runtime.ts'
import { createTestDatabase } from '#test/support/postgres.ts'
import { median, pairedRatio } from './statistics.ts'

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, messages: { type: 'string', default: '3000' } },
})
const [rounds, messages] = [values.rounds, values.messages].map(Number) as [number, number]
const silent = { debug() {}, info() {}, warn() {}, error() {} }
const as = {
  actor: { kind: 'system', tenantId: firstTenant, name: 'bench' },
  origin: { requestId: 'bench', ipAddress: null, userAgent: null, via: 'bench' },
} as const
/** As many as the sender opens to one server. */
const connections = 8
const recipientsAtOnce = 100

const sink: ChildProcess = fork(path.join(import.meta.dirname, 'smtp-sink.ts'))
const [{ port }] = (await once(sink, 'message')) as [{ port: number }]
const database = await createTestDatabase()
const runtime = await openRuntime(
  readConfig({
    DATABASE_URL: database.applicationUrl,
    DATABASE_OWNER_URL: database.ownerUrl,
    CLIENTELE_MASTER_KEYS: generateFernetKey(),
    CLIENTELE_ADMIN_PASSWORD: 'bench-horse-battery',
    CLIENTELE_OUTBOUND_ALLOW: '127.0.0.1',
    CLIENTELE_MAIL: JSON.stringify({
      provider: 'smtp',
      config: { host: '127.0.0.1', port, use_tls: false, from_email: 'bench@example.com' },
    }),
    LOG_LEVEL: 'error',
  }),
  silent,
  { migrate: false },
)
await ensureFirstAdministrator(runtime)
await runForResult(runtime.services, configureNotifications, { dailyLimit: 10_000_000 }, as)
const senderDatabase = new Database({ connection: database.application, poolSize: 3 })
const sender = new NotificationSender({ services: runtime.services, database: senderDatabase })

async function arrivalOf(count: number): Promise<void> {
  const told = once(sink, 'message')
  sink.send({ await: count })
  await told
}

/** What a program would do that keeps nothing. @returns messages a second */
async function runBare(count: number): Promise<number> {
  const pool = nodemailer.createTransport({
    ...{ host: '127.0.0.1', port, secure: false, ignoreTLS: true },
    ...{ pool: true, maxConnections: connections, maxMessages: 200 },
  })
  const started = performance.now()
  const arrived = arrivalOf(count)
  await Promise.all(
    Array.from({ length: count }, (_, i) =>
      pool.sendMail({
        from: 'bench@example.com',
        to: `user${i}@example.com`,
        subject: 'Nouvelle facture',
        text: `La facture INV-${i} a été créée`,
        html: `<p>La facture INV-${i} a été créée</p>`,
      }),
    ),
  )
  await arrived
  const rate = count / ((performance.now() - started) / 1000)
  pool.close()
  return rate
}

let made = 0
/** From the first operation to the last message in the sink: written down, claimed, sent, recorded. */
async function runOurs(count: number): Promise<number> {
  const started = performance.now()
  const arrived = arrivalOf(count)
  for (let i = 0; i < count; i += recipientsAtOnce) {
    const recipients = Array.from({ length: Math.min(recipientsAtOnce, count - i) }, () => ({
      email: `user${++made}@example.com`,
    }))
    const variables = { invoice_number: `INV-${i}` }
    const input = { recipients, template: 'invoice_created', variables, channels: ['email' as const] }
    await runForResult(runtime.services, sendNotification, input, as)
  }
  await arrived
  return count / ((performance.now() - started) / 1000)
}

console.log(
  `${os.cpus().length} cores (${os.cpus()[0]?.model.trim()}), Node ${process.versions.node}, load ${os.loadavg()[0]?.toFixed(1)}; ` +
    'sender, PostgreSQL (fsync on) and sink share the cores',
)
try {
  await runBare(200)
  await runOurs(200)
  const bare: number[] = []
  const ours: number[] = []
  for (let round = 0; round < rounds; round++) {
    bare.push(await runBare(messages))
    ours.push(await runOurs(messages))
  }
  const ratio = pairedRatio(ours, bare)
  console.table([
    {
      measurement: 'notifications to an SMTP sink, end to end',
      figure: `${Math.round(median(ours))}/s`,
      peer: `nodemailer, pooled: ${Math.round(median(bare))}/s`,
      ratio,
      target: '>= 0.5',
    },
  ])
  const owner = new pg.Client(database.owner)
  await owner.connect()
  const { rows } = await owner.query<{ status: string; number: number }>(
    'select status, count(*)::integer as number from notification_deliveries group by 1',
  )
  console.log(`deliveries: ${rows.map((row) => `${row.number} ${row.status}`).join(', ')}`)
  await owner.end()
} finally {
  await sender.stop(5_000)
  await senderDatabase.end()
  await runtime.close()
  sink.disconnect()
  await database.drop()
}
