import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createOutboundHttp } from '#platform/outbound-http/index.ts'
import type { MailMessage, MailProviderConfig } from './index.ts'
import { MailError, sendMail } from './index.ts'
import { findMessageProblem } from './message-check.ts'

const message: MailMessage = { to: 'anna@example.org', subject: 'Hello', text: 'Text' }

test('accepts a message with text in any script and headers of its own', () => {
  assert.equal(findMessageProblem({ ...message, subject: 'Été 🌞', text: 'línea\r\n', html: '<p>\n</p>' }), null)
  const headers = { 'X-Id': '1', 'List-Unsubscribe': '<https://example.org/u>', 'Auto-Submitted': 'auto-generated' }
  assert.equal(findMessageProblem({ ...message, headers }), null)
})

test('refuses line breaks and control characters wherever a header is made of them', () => {
  for (const evil of ['a\r\nBcc: b@c.de', 'a\nb', 'a\rb', 'a\0b', 'a\u2028b', 'a\u0085b']) {
    assert.match(findMessageProblem({ ...message, subject: evil }) ?? '', /subject/)
    assert.match(findMessageProblem({ ...message, to: `anna@example.org${evil}` }) ?? '', /recipient/)
    assert.match(findMessageProblem({ ...message, replyTo: `anna@example.org${evil}` }) ?? '', /reply/)
    assert.match(findMessageProblem({ ...message, headers: { 'X-A': evil } }) ?? '', /"X-A"/)
    assert.match(findMessageProblem({ ...message, headers: { [evil]: 'x' } }) ?? '', /header name/)
  }
})

test('refuses a second recipient, an address with a name, and headers that add or replace recipients', () => {
  for (const to of ['', 'a@b.de, c@d.de', 'a@b.de;c@d.de', 'Anna <a@b.de>', '<a@b.de>', 'a b@c.de', '@b.de', 'a@b']) {
    assert.match(findMessageProblem({ ...message, to }) ?? '', /recipient/, to)
  }
  for (const name of [
    'Bcc',
    'cc',
    'TO',
    'From',
    'Sender',
    'Content-Type',
    'Resent-To',
    'DKIM-Signature',
    'Message-ID',
  ]) {
    assert.match(findMessageProblem({ ...message, headers: { [name]: 'x' } }) ?? '', /cannot be set/, name)
  }
})

test('refuses an empty subject, an empty text and too many or too long headers', () => {
  assert.match(findMessageProblem({ ...message, subject: '' }) ?? '', /subject/)
  assert.match(findMessageProblem({ ...message, text: '' }) ?? '', /no text/)
  assert.match(findMessageProblem({ ...message, headers: { 'X-A': 'x'.repeat(871) } }) ?? '', /870/)
  const many = Object.fromEntries(Array.from({ length: 16 }, (_, index) => [`X-${index}`, 'x']))
  assert.match(findMessageProblem({ ...message, headers: many }) ?? '', /15/)
})

test('a message or configuration that cannot be sent is refused before any connection', async (t) => {
  const outbound = createOutboundHttp({ allow: [], lookup: () => assert.fail('looked a name up') })
  t.after(() => outbound.close())
  const provider: MailProviderConfig = {
    provider: 'sendgrid',
    config: { api_key: 'SG.x', from_email: 'a@example.com' },
  }
  const refused = (text: RegExp) => (error: unknown) => {
    assert.ok(error instanceof MailError)
    assert.deepEqual([error.code, error.retryable, error.response], ['rejected', false, null])
    assert.match(error.message, text)
    return true
  }
  await assert.rejects(sendMail(outbound, provider, { ...message, subject: 'a\nb' }), refused(/line break/))
  const broken: MailProviderConfig = { provider: 'sendgrid', config: { api_key: 'SG.x', from_email: 'a@b\r\nc' } }
  await assert.rejects(sendMail(outbound, broken, message), refused(/^Invalid SendGrid configuration: from_email/))
})
