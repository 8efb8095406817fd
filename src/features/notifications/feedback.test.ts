/** Bounces and complaints, signed as each provider documents it. */
import assert from 'node:assert/strict'
import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { testCertificate } from '#platform/outbound-http/fixtures/test-certificate.ts'
import type { TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'

let app: TestApp
let token: string
const fetched: string[] = []
const amazon = createServer((request, response) => {
  fetched.push(request.url ?? '')
  response.end(request.url?.endsWith('.pem') ? testCertificate.certificate : 'ok')
})
before(async () => {
  await new Promise<void>((resolve) => {
    amazon.listen(0, '127.0.0.1', resolve)
  })
  const { port } = amazon.address() as AddressInfo
  app = await startTestApp({
    config: { mailEndpoints: { sns: `http://127.0.0.1:${port}` }, outboundAllow: [`127.0.0.1:${port}`] },
  })
  token = await app.signIn()
})
after(async () => {
  await app.close()
  amazon.close()
})

async function source(provider: string, key?: string): Promise<URL> {
  const body = { provider, ...(key ? { key } : {}) }
  const answer = await app.request('/api/v1/notifications/feedback-sources', { method: 'POST', token, body })
  assert.equal(answer.status, 201, answer.text)
  return new URL((answer.body as { url: string }).url)
}

async function suppressed(): Promise<Record<string, string>> {
  const answer = await app.request('/api/v1/notifications/suppressions', { token })
  const { suppressions } = answer.body as { suppressions: { address: string; reason: string }[] }
  return Object.fromEntries(suppressions.map((one) => [one.address, one.reason]))
}

const post = (url: URL, body: unknown, headers: Record<string, string> = {}) =>
  app.request(url.pathname, { method: 'POST', raw: typeof body === 'string' ? body : JSON.stringify(body), headers })

const seconds = () => Math.floor(Date.now() / 1000)

test('Mailgun: a permanent failure and a complaint mark the address; another signature, or an old one, does not', async () => {
  const url = await source('mailgun', 'signing-key')
  const signed = (event: object, at = seconds(), key = 'signing-key') => {
    const signature = createHmac('sha256', key).update(`${at}some-token`).digest('hex')
    return { signature: { timestamp: String(at), token: 'some-token', signature }, 'event-data': event }
  }
  const failed = (recipient: string, severity = 'permanent') => ({
    event: 'failed',
    severity,
    recipient,
    message: { headers: { 'message-id': 'id@mg.example.com' } },
  })
  assert.equal((await post(url, signed(failed('forged@mg.example.com'), seconds(), 'other-key'))).status, 401)
  assert.equal((await post(url, signed(failed('late@mg.example.com'), seconds() - 90_000))).status, 401)
  assert.equal((await post(url, '{}')).status, 401)
  assert.equal((await post(url, 'no json')).status, 401)
  assert.equal((await post(url, signed(failed('soft@mg.example.com', 'temporary')))).status, 200)
  assert.equal((await post(url, signed(failed('Gone@mg.example.com')))).status, 200)
  assert.equal((await post(url, signed({ event: 'complained', recipient: 'angry@mg.example.com' }))).status, 200)
  const found = Object.entries(await suppressed()).filter(([address]) => address.endsWith('@mg.example.com'))
  assert.deepEqual(Object.fromEntries(found), { 'angry@mg.example.com': 'complaint', 'gone@mg.example.com': 'bounce' })
})

test('SendGrid: the signature covers timestamp and body; blocked is no bounce', async () => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const url = await source('sendgrid', publicKey.export({ type: 'spki', format: 'der' }).toString('base64'))
  const body = JSON.stringify([
    { event: 'bounce', type: 'bounce', email: 'gone@sg.example.com', sg_message_id: 'abc.filter1' },
    { event: 'bounce', type: 'blocked', email: 'full@sg.example.com' },
    { event: 'spamreport', email: 'angry@sg.example.com' },
    { event: 'delivered', email: 'fine@sg.example.com' },
    { event: 'bounce', email: 'no address' },
    null,
  ])
  const timestamp = String(seconds())
  const headers = {
    'x-twilio-email-event-webhook-timestamp': timestamp,
    'x-twilio-email-event-webhook-signature': sign('sha256', Buffer.from(timestamp + body), privateKey).toString(
      'base64',
    ),
  }
  assert.equal((await post(url, body.replace('gone@', 'boss@'), headers)).status, 401)
  assert.equal((await post(url, body)).status, 401)
  assert.equal((await post(url, body, headers)).status, 200)
  const found = Object.keys(await suppressed()).filter((address) => address.endsWith('@sg.example.com'))
  assert.deepEqual(found, ['angry@sg.example.com', 'gone@sg.example.com'])
})

test('Postmark: the password in its address is the proof', async () => {
  const url = await source('postmark')
  const authorization = `Basic ${Buffer.from(`${url.username}:${url.password}`).toString('base64')}`
  const bounce = (Type: string, Email: string) => ({ RecordType: 'Bounce', Type, Email, MessageID: 'x' })
  assert.equal((await post(url, bounce('HardBounce', 'forged@pm.example.com'))).status, 401)
  assert.equal((await post(url, bounce('HardBounce', 'gone@pm.example.com'), { authorization })).status, 200)
  assert.equal((await post(url, bounce('SoftBounce', 'soft@pm.example.com'), { authorization })).status, 200)
  const found = Object.keys(await suppressed()).filter((address) => address.endsWith('@pm.example.com'))
  assert.deepEqual(found, ['gone@pm.example.com'])
})

const topic = 'arn:aws:sns:eu-west-3:123456789012:ses-feedback'

function snsMessage(fields: Record<string, string>, changes: Record<string, string> = {}) {
  const message: Record<string, string> = {
    MessageId: '1',
    Timestamp: new Date().toISOString(),
    TopicArn: topic,
    SignatureVersion: '2',
    SigningCertURL: 'https://sns.eu-west-3.amazonaws.com/SimpleNotificationService-1.pem',
    ...fields,
  }
  const names = ['Message', 'MessageId', 'Subject', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type']
  const text = names.flatMap((name) => (message[name] === undefined ? [] : [`${name}\n${message[name]}\n`])).join('')
  return {
    ...message,
    Signature: sign('sha256', Buffer.from(text), testCertificate.key).toString('base64'),
    ...changes,
  }
}

test('Amazon SES: confirms its own topic, takes permanent bounces, and fetches certificates from Amazon only', async () => {
  const url = await source('ses', topic)
  const plain = { 'content-type': 'text/plain; charset=UTF-8' }
  const subscribe = 'https://sns.eu-west-3.amazonaws.com/?Action=ConfirmSubscription&Token=abc'
  const confirmation = { Type: 'SubscriptionConfirmation', Token: 'abc', Message: 'Confirm', SubscribeURL: subscribe }
  assert.equal((await post(url, snsMessage(confirmation), plain)).status, 200)
  assert.ok(fetched.includes('/?Action=ConfirmSubscription&Token=abc'), fetched.join())
  const bounce = (address: string, bounceType = 'Permanent') => ({
    Type: 'Notification',
    Message: JSON.stringify({
      notificationType: 'Bounce',
      bounce: { bounceType, bouncedRecipients: [{ emailAddress: address }] },
      mail: { messageId: '0102' },
    }),
  })
  assert.equal((await post(url, snsMessage(bounce('gone@ses.example.com')), plain)).status, 200)
  assert.equal((await post(url, snsMessage(bounce('full@ses.example.com', 'Transient')), plain)).status, 200)
  const before = fetched.length
  for (const changes of [
    { Message: bounce('forged@ses.example.com').Message },
    { TopicArn: `${topic}-of-somebody-else` },
    { SigningCertURL: 'https://sns.eu-west-3.amazonaws.com.evil.example/x.pem' },
    { SigningCertURL: 'http://sns.eu-west-3.amazonaws.com/x.pem' },
    { SigningCertURL: 'https://evil@sns.eu-west-3.amazonaws.com/x.pem' },
  ] as Record<string, string>[]) {
    assert.equal(
      (await post(url, snsMessage(bounce('signed@ses.example.com'), changes), plain)).status,
      401,
      JSON.stringify(changes),
    )
  }
  assert.equal(fetched.length, before, 'nothing was fetched for them')
  const found = Object.keys(await suppressed()).filter((address) => address.endsWith('@ses.example.com'))
  assert.deepEqual(found, ['gone@ses.example.com'])
})

test('an address that nobody was given is not found, and keys that cannot be are refused', async () => {
  assert.equal((await app.request('/mail-feedback/fbk_unknown', { method: 'POST', raw: '{}' })).status, 404)
  for (const body of [
    { provider: 'sendgrid', key: 'abc' },
    { provider: 'ses', key: 'abc' },
    { provider: 'mailgun' },
    { provider: 'x' },
  ]) {
    const answer = await app.request('/api/v1/notifications/feedback-sources', { method: 'POST', token, body })
    assert.equal(answer.status, 422, answer.text)
  }
})
