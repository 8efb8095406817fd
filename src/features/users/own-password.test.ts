import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startSmtpSink } from '#platform/mail/fixtures/smtp-sink.ts'
import { firstAdministrator, firstTenant, startTestApp } from '#test/support/app.ts'
import { sendPasswordLinks } from './own-password.ts'

test('links that could not be sent do not count: after an outage of the mail server there is one at once', async (t) => {
  const sink = await startSmtpSink(t, { security: 'plain' })
  const config = { host: '127.0.0.1', port: sink.port, use_tls: false, from_email: 'clientele@example.com' }
  const app = await startTestApp({ config: { mail: { provider: 'smtp', config }, outboundAllow: ['127.0.0.1'] } })
  t.after(() => app.close())
  const job = { username: firstAdministrator, tenantId: firstTenant }
  const send = () => sendPasswordLinks(app.runtime.services, job, 'a job')
  sink.refuse = () => new Error('away')
  for (let i = 0; i < 6; i++) await assert.rejects(send(), { code: 'mail_not_accepted' })
  sink.refuse = null
  for (let i = 0; i < 6; i++) await send()
  // Five an hour, of those that were sent.
  assert.equal(sink.mails.length, 5)
})
