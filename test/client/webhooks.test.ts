/** Receivers that use the client package: what verifies, and what does not. */
import assert from 'node:assert/strict'
import { createHmac, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { Webhook } from 'standardwebhooks'
import {
  checkEncryptionKey,
  generateEncryptionKey,
  verifyFactPulseWebhook,
  verifyWebhook,
  WebhookError,
} from '../../packages/client/src/index.ts'

const secret = `whsec_${randomBytes(32).toString('base64')}`
const other = `whsec_${randomBytes(32).toString('base64')}`
const event = { id: 'evt', type: 'analysis.completed', data: { pk: 31, name: 'Élodie' } }

function signed(body: string, { key = secret, ageSeconds = 0 } = {}) {
  const at = new Date(Math.floor(Date.now() / 1000 - ageSeconds) * 1000)
  const signature = new Webhook(key).sign('evt', at, body)
  return { 'webhook-id': 'evt', 'webhook-timestamp': String(at.getTime() / 1000), 'webhook-signature': signature }
}

test('what the server signed verifies, as text or bytes, with headers of fetch or of node:http', () => {
  const body = JSON.stringify(event)
  const headers = signed(body)
  const upper = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toUpperCase(), [value]]))
  for (const given of [headers, new Headers(headers), upper]) {
    for (const raw of [body, Buffer.from(body), new TextEncoder().encode(body)]) {
      assert.deepEqual(verifyWebhook({ body: raw, headers: given }, secret), event)
    }
  }
})

test('nothing verifies that was changed, signed by another, or is without a signature', () => {
  const body = JSON.stringify(event)
  const headers = signed(body)
  const refused = [
    { body: body.replace('31', '32'), headers },
    { body, headers: { ...headers, 'webhook-id': 'evt2' } },
    { body, headers: { ...headers, 'webhook-timestamp': String(Number(headers['webhook-timestamp']) + 1) } },
    { body, headers: { ...headers, 'webhook-timestamp': `${headers['webhook-timestamp']}x` } },
    { body, headers: { ...headers, 'webhook-signature': headers['webhook-signature'].replace('v1,', 'v2,') } },
    { body, headers: { ...headers, 'webhook-signature': 'v1' } },
    { body, headers: {} },
    { body, headers: signed(body, { key: other }) },
    { body: Buffer.concat([Buffer.from(body), Buffer.from([0xff])]), headers },
  ]
  for (const one of refused) assert.throws(() => verifyWebhook(one, secret), WebhookError)
})

test('an old or a future webhook is refused; the tolerance can be narrowed, not widened', () => {
  const body = JSON.stringify(event)
  for (const ageSeconds of [400, -400]) {
    const received = { body, headers: signed(body, { ageSeconds }) }
    assert.throws(() => verifyWebhook(received, secret, { toleranceSeconds: 3600 }), /timestamp/)
  }
  const received = { body, headers: signed(body, { ageSeconds: 60 }) }
  assert.deepEqual(verifyWebhook(received, secret), event)
  assert.throws(() => verifyWebhook(received, secret, { toleranceSeconds: 30 }), /timestamp/)
})

test('while a secret takes another’s place either will do, and both signatures may stand in the header', () => {
  const body = JSON.stringify(event)
  const both = {
    ...signed(body),
    'webhook-signature': ['v1,no', ...[secret].map((key) => signed(body, { key })['webhook-signature'])].join(' '),
  }
  assert.deepEqual(verifyWebhook({ body, headers: both }, secret), event)
  assert.deepEqual(verifyWebhook({ body, headers: signed(body, { key: other }) }, [secret, other]), event)
})

test('a secret that is none is not taken for a forgery', () => {
  const body = JSON.stringify(event)
  assert.throws(
    () => verifyWebhook({ body, headers: signed(body) }, 'whsec_'),
    (error) => !(error instanceof WebhookError),
  )
})

test('FactPulse’s signature: the body as it came, and nothing near it', () => {
  fc.assert(
    fc.property(fc.json(), fc.string({ minLength: 1 }), (body, key) => {
      const signature = `sha256=${createHmac('sha256', key).update(body).digest('hex')}`
      assert.deepEqual(
        verifyFactPulseWebhook({ body, headers: { 'X-Webhook-Signature': signature } }, key),
        JSON.parse(body),
      )
      for (const wrong of ['', signature.slice(0, -1), signature.toUpperCase(), `${signature}0`]) {
        const received = { body, headers: { 'x-webhook-signature': wrong } }
        assert.throws(() => verifyFactPulseWebhook(received, key), WebhookError)
      }
    }),
    { numRuns: 50 },
  )
})

test('an encryption key is 32 bytes in one spelling, and an error never holds it', () => {
  const key = generateEncryptionKey()
  assert.equal(checkEncryptionKey(key), key)
  for (const wrong of ['', 'c2hvcnQ=', key.slice(0, -1), `${key} `, key.replace(/.=$/, '_=')]) {
    assert.throws(
      () => checkEncryptionKey(wrong),
      (error) => error instanceof TypeError && (wrong === '' || !error.message.includes(wrong)),
    )
  }
})
