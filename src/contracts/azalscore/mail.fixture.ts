/** The application with its own e-mail going to a sink. */
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { startSmtpSink } from '#platform/mail/fixtures/smtp-sink.ts'
import { startWorker } from '#src/worker.ts'
import { startTestApp } from '#test/support/app.ts'

/** With a worker, since links are sent by jobs. */
export async function startWithMail(t: TestContext) {
  const sink = await startSmtpSink(t, { security: 'plain' })
  const config = { host: '127.0.0.1', port: sink.port, use_tls: false, from_email: 'clientele@example.com' }
  const app = await startTestApp({
    config: {
      mail: { provider: 'smtp', config },
      outboundAllow: ['127.0.0.1'],
      publicUrl: 'https://clientele.example.com',
      trustProxy: ['127.0.0.1'],
    },
  })
  const stopWorker = await startWorker(app.runtime)
  t.after(async () => {
    await stopWorker()
    await app.close()
  })
  return { app, mails: sink.mails, sink }
}

export type Mails = Awaited<ReturnType<typeof startWithMail>>['mails']

/** The message of this number, once it is there. */
export async function arrived(mails: Mails, count: number): Promise<{ to: Mails[number]['to']; text: string }> {
  const deadline = Date.now() + 20_000
  while (mails.length < count && Date.now() < deadline) await new Promise((resolve) => setImmediate(resolve))
  const mail = mails[count - 1]
  assert.ok(mail, `message ${count} did not arrive`)
  return { to: mail.to, text: decode(mail.raw) }
}

/** The text of a message in quoted-printable or base64. */
function decode(raw: string): string {
  const body = raw.slice(raw.search(/\r?\n\r?\n/)).trimStart()
  if (/content-transfer-encoding: base64/i.test(raw)) return Buffer.from(body, 'base64').toString('utf8')
  const bytes = body.replace(/=\r?\n/g, '').replace(/=([0-9A-F]{2})/g, (_, hex: string) => `%${hex}`)
  return /quoted-printable/i.test(raw) ? decodeURIComponent(bytes.replace(/%(?![0-9A-F]{2})/g, '%25')) : body
}
