/** Secrets go in by the doors that are made for them, and come out nowhere but once where they are made. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import { serveHttp } from '#platform/outbound-http/fixtures/loopback-server.ts'
import type { Answer, RequestOptions, TestApp } from './support/app.ts'
import { startTestApp } from './support/app.ts'
import { mailgunConfig, prepareUser } from './support/prepared-client.ts'
import { TableReader } from './support/table-checksums.ts'

/** A server outside that repeats every secret it is told, as careless ones do; gives its port. */
function startEcho(t: TestContext): Promise<number> {
  return serveHttp(t, async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString()
    const { authorization = '' } = request.headers
    const secret = Buffer.from(authorization.replace(/^Basic /, ''), 'base64').toString()
    const repeated = `rejected ${authorization} ${secret} ${decodeURIComponent(secret)} ${body}`
    response.writeHead(401, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ error: repeated, error_description: repeated, message: repeated }))
  })
}

/** Remembers every secret, and every answer with the secrets that it alone may show. */
class Journey {
  readonly secrets = new Map<string, string>()
  readonly #app: TestApp
  readonly #answers: { what: string; answer: Answer; shown: readonly string[] }[] = []

  constructor(app: TestApp) {
    this.#app = app
  }

  /** @returns the secret itself */
  mark(name: string, secret = `${name} ${randomBytes(16).toString('hex')}`): string {
    this.secrets.set(name, secret)
    return secret
  }

  /** A request whose answer shows the values found by `shows`, each a secret from then on. */
  async send(
    path: string,
    options: RequestOptions,
    shows: Record<string, (body: never) => string> = {},
  ): Promise<Answer> {
    const answer = await this.#app.request(path, options)
    const shown: string[] = []
    for (const [name, find] of Object.entries(shows)) {
      const secret = find(answer.body)
      assert.equal(typeof secret, 'string', `${path}: ${answer.status} ${answer.text}`)
      shown.push(this.mark(name, secret))
    }
    this.#answers.push({ what: `${options.method ?? 'GET'} ${path} (${answer.status})`, answer, shown })
    return answer
  }

  assertKept(): void {
    for (const { what, answer, shown } of this.#answers) {
      const headers = JSON.stringify([...answer.headers])
      for (const [name, secret] of this.secrets) {
        if (shown.includes(secret)) continue
        for (const spelling of spellings(secret)) {
          assert.ok(!answer.text.includes(spelling), `${what} tells ${name}: ${answer.text}`)
          assert.ok(!headers.includes(spelling), `${what} tells ${name} in its headers`)
        }
      }
    }
  }
}

/** The secret as it may hide: as it is, in JSON, in base64 of either kind, in hexadecimal, in a URL. */
function spellings(secret: string): string[] {
  const bytes = Buffer.from(secret)
  const encoded = [bytes.toString('base64'), bytes.toString('base64url'), bytes.toString('hex')]
  // The last characters of base64 depend on what follows.
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    ...encoded.map((one) => one.slice(0, -4)),
  ]
}

type Data = { data: { id: string; api_key: string } }

test('no secret is in a log, an answer, an error, a list, an event or, in the clear, in any table', async (t) => {
  const port = await startEcho(t)
  const echo = `http://127.0.0.1:${port}`
  const config = { outboundAllow: [`127.0.0.1:${port}`], mailEndpoints: { mailgun: echo }, logLevel: 'debug' }
  const app = await startTestApp({ config })
  t.after(() => app.close())
  const journey = new Journey(app)
  const { secrets } = journey
  const get = (name: string) => secrets.get(name) ?? ''

  const user = await prepareUser(app, 'owner')
  const wrongPassword = journey.mark('wrong password')
  const password = journey.mark('password', user.password)
  await journey.send('/api/token/', { method: 'POST', body: { username: user.username, password: wrongPassword } })
  await journey.send(
    '/api/token/',
    { method: 'POST', body: { username: user.username, password } },
    { 'access token': (b: { access: string }) => b.access, 'refresh token': (b: { refresh: string }) => b.refresh },
  )
  const body = { ...{ username: user.username, password }, tenant_id: ['not', 'text', password] }
  await journey.send('/api/v1/auth/session', { method: 'POST', body })
  const token = get('access token')

  const made = await journey.send(
    '/api/v1/clients/',
    { method: 'POST', token, body: { name: 'Keeper' }, headers: { 'idempotency-key': 'made' } },
    { 'API key': (b: Data) => b.data.api_key },
  )
  const uid = (made.body as Data).data.id
  const key = { apiKey: get('API key') }
  const client = `/api/v1/clients/${uid}`
  await journey.send(
    '/api/v1/clients/me/api-keys',
    { ...key, method: 'POST', body: { name: 'Second' }, headers: { 'idempotency-key': 'second-registration' } },
    { 'second API key': (b: Data) => b.data.api_key },
  )

  const encryptionKey = journey.mark('encryption key', randomBytes(32).toString('base64'))
  const newKey = journey.mark('new encryption key', randomBytes(32).toString('base64'))
  const wrongKey = journey.mark('wrong encryption key', randomBytes(32).toString('base64'))
  const headers = { 'x-encryption-key': encryptionKey }
  const fields = { flowServiceUrl: 'https://flow.example.com', tokenUrl: `${echo}/token`, oauthClientId: 'oauth' }
  for (const [kind, encryptionMode] of [
    ['pdp', 'double'],
    ['chorus', 'fernet'],
  ]) {
    const clientSecret = journey.mark(`${kind} secret`)
    const config = { ...fields, clientSecret, encryptionMode }
    const url = `${client}/${kind}-config`
    await journey.send(url, { ...key, method: 'PUT', headers, body: config })
    // Faults in other fields, and the secret itself as the fault.
    await journey.send(url, {
      ...key,
      method: 'PUT',
      headers,
      body: { ...config, tokenUrl: `not a url ${clientSecret}` },
    })
    await journey.send(url, { ...key, method: 'PUT', headers, body: { ...config, clientSecret: [clientSecret] } })
    await journey.send(url, { ...key, method: 'PUT', headers, raw: `{"clientSecret": "${clientSecret}"` })
    await journey.send(url, { ...key, method: 'PUT', headers: { 'x-encryption-key': clientSecret }, body: config })
    await journey.send(url, key)
  }
  await journey.send(`${client}/pdp-config/test`, { ...key, method: 'POST', headers })
  await journey.send(`${client}/pdp-config/test`, { ...key, method: 'POST', headers: { 'x-encryption-key': wrongKey } })
  const rotate = `${client}/rotate-encryption-key`
  await journey.send(rotate, { ...key, method: 'POST', body: { oldKey: wrongKey, newKey } })
  await journey.send(rotate, { ...key, method: 'POST', body: { oldKey: `${encryptionKey}x`, newKey } })
  await journey.send(rotate, { ...key, method: 'POST', body: { oldKey: encryptionKey, newKey } })
  await journey.send(`${client}/pdp-config/test`, { ...key, method: 'POST', headers: { 'x-encryption-key': newKey } })

  const mailSecret = journey.mark('mail secret', `mail-${randomBytes(16).toString('hex')}`)
  const smtpPassword = journey.mark('SMTP password')
  const email = '/api/v1/clients/email-config'
  const mailgun = { provider: 'mailgun', config: mailgunConfig(mailSecret) }
  await journey.send(email, { ...key, method: 'POST', body: mailgun })
  await journey.send(`${email}/test`, { ...key, method: 'POST', body: { to: 'someone@example.com' } })
  await journey.send(email, {
    ...key,
    method: 'PUT',
    body: { ...mailgun, config: { ...mailgun.config, domain: [mailSecret], unknown: mailSecret } },
  })
  await journey.send(email, key)
  const smtp = { host: 'smtp.example.com', port: 587, username: 'u', password: smtpPassword, use_tls: true }
  const from = { from_email: 'sender@example.com' }
  await journey.send(email, { ...key, method: 'PUT', body: { provider: 'smtp', config: { ...smtp, ...from } } })
  await journey.send(email, {
    ...key,
    method: 'PUT',
    body: { provider: 'smtp', config: { ...smtp, password: [smtpPassword] } },
  })

  await journey.send(
    `${client}/webhook-secret/generate`,
    { ...key, method: 'POST' },
    { 'webhook secret': (b: { webhookSecret: string }) => b.webhookSecret },
  )
  await journey.send(`${client}/webhook-secret/status`, key)
  await journey.send('/api/v1/clients/me/api-keys', key)
  await journey.send('/api/v1/clients/me', key)
  await journey.send('/api/v1/clients', { token })
  await journey.send(
    '/api/v1/clients/regenerate-key',
    { ...key, method: 'POST' },
    { 'new API key': (b: Data) => b.data.api_key },
  )
  await journey.send('/api/v1/clients/me', key)
  // Secrets where they don't belong: addresses, other headers.
  await journey.send(`/api/v1/clients/${get('new API key')}`, { apiKey: get('new API key') })
  await journey.send(`/api/v1/nothing?api_key=${get('new API key')}`, {
    headers: { authorization: `Basic ${password}` },
  })
  for (let use = 1; use <= 2; use++) {
    await journey.send(
      '/api/token/refresh/',
      { method: 'POST', body: { refresh: get('refresh token') } },
      use === 1
        ? { 'next access': (b: { access: string }) => b.access, 'next refresh': (b: { refresh: string }) => b.refresh }
        : {},
    )
  }
  await journey.send('/api/v1/clients', { token })
  await journey.send('/metrics', {})

  journey.assertKept()
  assert.equal(secrets.size, 17, [...secrets.keys()].join())
  const tables = new TableReader(app.database.owner)
  await tables.connect({ except: [] })
  const places = { 'the log': app.logs, 'a table': await tables.dump() }
  await tables.end()
  for (const [where, lines] of Object.entries(places)) {
    assert.ok(
      lines.some((line) => line.includes(uid)),
      `${where} is read: the client itself is there`,
    )
    for (const [name, secret] of secrets) {
      for (const spelling of spellings(secret)) {
        const found = lines.find((line) => line.includes(spelling))
        assert.equal(found, undefined, `${name} is in ${where}`)
      }
    }
  }
})
