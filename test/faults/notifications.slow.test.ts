/** Workers that are killed while they send, and a mail server that is away meanwhile: everything arrives, and no mail that no attempt stands for. */
import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import { sendNotification } from '#features/notifications/index.ts'
import { headerOf, mailTo } from '#features/notifications/sending.fixture.ts'
import { generateFernetKey } from '#kernel/fernet.ts'
import { startSmtpSink } from '#platform/mail/fixtures/smtp-sink.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import type { TestApp } from '../support/app.ts'
import { firstTenant, startTestApp } from '../support/app.ts'
import { queryAsOwner } from '../support/owner-query.ts'
import { systemOf } from '../support/prepared-client.ts'

const messages = 900
const masterKeys = generateFernetKey()

async function startWorkerProcess(t: TestContext, app: TestApp, port: number): Promise<ChildProcess> {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, '../../src/main.ts'), 'worker'], {
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: app.database.applicationUrl,
      DATABASE_OWNER_URL: app.database.ownerUrl,
      CLIENTELE_MASTER_KEYS: masterKeys,
      CLIENTELE_OUTBOUND_ALLOW: '127.0.0.1',
      CLIENTELE_MAIL: JSON.stringify(mailTo(port)),
      LOG_LEVEL: 'warn',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => child.kill('SIGKILL'))
  child.stdout.resume()
  await once(child.stdout, 'data')
  return child
}

async function until(what: string, look: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 180_000
  while (!(await look())) {
    if (Date.now() > end) throw new Error(`did not happen: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

test('kill -9 of the worker, twice, and a mail server that is away: every message arrives, each copy with an attempt', async (t) => {
  const sink = await startSmtpSink(t, { security: 'plain' })
  const app = await startTestApp({ config: { masterKeys, outboundAllow: ['127.0.0.1'] } })
  t.after(() => app.close())
  const rows = <Row extends Record<string, unknown>>(text: string) => queryAsOwner<Row>(app.database, text)
  for (let i = 0; i < messages; i += 300) {
    const recipients = Array.from({ length: 300 }, (_, n) => ({ email: `user${i + n}@example.com` }))
    const variables = { invoice_number: 'INV-1' }
    const input = { recipients, template: 'invoice_created', variables, channels: ['email' as const] }
    await runForResult(app.runtime.services, sendNotification, input, systemOf(firstTenant))
  }
  for (const enough of [100, 350]) {
    const worker = await startWorkerProcess(t, app, sink.port)
    await until(`${enough} mails`, () => sink.mails.length >= enough)
    worker.kill('SIGKILL')
    await once(worker, 'exit')
    const [open] = await rows<{ n: number }>(
      `select count(*)::integer as n from notification_deliveries where status <> 'sent'`,
    )
    assert.ok((open?.n ?? 0) > 0, 'it was killed too late to prove anything')
    // What it had claimed waits for two minutes; the test moves the clock instead of waiting.
    await rows(`update notification_deliveries set due_at = now() where status = 'sending'`)
  }
  let away = true
  sink.refuse = () => (away ? new Error('4.3.2 Come back later') : null)
  await startWorkerProcess(t, app, sink.port)
  await until(
    'refusals',
    async () => (await rows(`select 1 from notification_deliveries where status = 'retrying' limit 1`)).length > 0,
  )
  away = false
  await until('the end of all', async () => {
    await rows(`update notification_deliveries set due_at = now() where status = 'retrying'`)
    const [open] = await rows<{ n: number }>(
      `select count(*)::integer as n from notification_deliveries where status <> 'sent'`,
    )
    return open?.n === 0
  })

  const arrived = new Map<string, number>()
  for (const mail of sink.mails) {
    const id = headerOf(mail.raw, 'Message-ID') ?? ''
    arrived.set(id, (arrived.get(id) ?? 0) + 1)
  }
  assert.equal(arrived.size, messages)
  const deliveries = await rows<{ id: string; notification_id: string; attempts: number; written: number }>(
    `select d.id, d.notification_id, d.attempts, (select count(*)::integer from notification_attempts a
       where a.tenant_id = d.tenant_id and a.delivery_id = d.id) as written from notification_deliveries d`,
  )
  for (const { id, notification_id, attempts, written } of deliveries) {
    const copies = arrived.get(`<${notification_id}.${id}@example.com>`) ?? 0
    assert.equal(written, attempts)
    assert.ok(copies >= 1 && copies <= attempts, `${copies} copies, ${attempts} attempts`)
  }
  t.diagnostic(`${sink.mails.length - messages} came more than once`)
})
