import assert from 'node:assert/strict'
import { createDecipheriv, createHmac, randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import type { Answer, TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import { queryAsOwner } from '#test/support/owner-query.ts'

const masterKey = randomBytes(32)
const fields = {
  flowServiceUrl: 'https://api.pdp.example/flow/v1',
  tokenUrl: 'https://auth.pdp.example/oauth/token',
  oauthClientId: 'martin-lyon',
  clientSecret: 'S3cret of the PDP, with é and "quotes"',
}

let app: TestApp
let token: string
before(async () => {
  app = await startTestApp({ config: { masterKeys: toBase64Url(masterKey) } })
  token = await app.signIn()
})
after(() => app.close())

type Config = { encryptionMode: string; secretStatus: object; isConfigured: boolean; id: number; updatedAt: string }

function put(uid: string, body: object, key?: string, kind = 'pdp'): Promise<Answer> {
  const headers: Record<string, string> = key === undefined ? {} : { 'x-encryption-key': key }
  return app.request(`/api/v1/clients/${uid}/${kind}-config`, { method: 'PUT', token, body, headers })
}

async function storedToken(uid: string, kind = 'pdp'): Promise<string> {
  const [row] = await queryAsOwner<{ secret_ciphertext: string }>(
    app.database,
    'select secret_ciphertext from client_credentials where client_id = $1 and kind = $2',
    [uid, kind],
  )
  assert.ok(row, 'a secret is stored')
  return row.secret_ciphertext
}

function toBase64Url(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('+', '-').replaceAll('/', '_')
}

/** Fernet as its specification reads (github.com/fernet/spec): 0x80, time, IV, AES-128-CBC, HMAC-SHA256 over all of it. */
function openFernet(text: string, key: Buffer): string {
  const bytes = Buffer.from(text, 'base64url')
  const signed = bytes.subarray(0, -32)
  assert.equal(bytes[0], 0x80)
  assert.deepEqual(createHmac('sha256', key.subarray(0, 16)).update(signed).digest(), bytes.subarray(-32))
  const decipher = createDecipheriv('aes-128-cbc', key.subarray(16), signed.subarray(9, 25))
  return Buffer.concat([decipher.update(signed.subarray(25)), decipher.final()]).toString('utf8')
}

/** "v1." + base64url(12-byte nonce, ciphertext, 16-byte tag); the place of the secret is authenticated with it. */
function openAesGcm(sealed: string, key: Buffer, place: string): string {
  assert.match(sealed, /^v1\./)
  const bytes = Buffer.from(sealed.slice(3), 'base64url')
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12))
  decipher.setAAD(Buffer.from(place))
  decipher.setAuthTag(bytes.subarray(-16))
  return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]).toString('utf8')
}

test('a secret in mode "fernet" opens with any Fernet implementation that has the master key', async () => {
  const uid = await app.createClient('Fernet')
  const answer = await put(uid, fields)
  assert.equal(answer.status, 200)
  assert.equal((answer.body as Config).encryptionMode, 'fernet')
  assert.equal(openFernet(await storedToken(uid), masterKey), fields.clientSecret)
})

test('a secret in mode "double" opens with the master key and then the key of the client, and not without it', async () => {
  const uid = await app.createClient('Double')
  const key = randomBytes(32)
  const answer = await put(uid, { ...fields, encryptionMode: 'double' }, key.toString('base64'))
  assert.equal(answer.status, 200)
  const inner = openFernet(await storedToken(uid), masterKey)
  assert.equal(inner.includes(fields.clientSecret), false)
  assert.equal(openAesGcm(inner, key, `tenant_001/${uid}/pdp`), fields.clientSecret)
  assert.throws(() => openAesGcm(inner, randomBytes(32), `tenant_001/${uid}/pdp`))
  assert.throws(() => openAesGcm(inner, key, `tenant_001/${uid}/chorus`), 'moved to another place it does not open')
})

test('mode "double" without a key, or with one that is none, is refused with 400 and stores nothing', async () => {
  const uid = await app.createClient('Malformed keys')
  const key = randomBytes(32)
  const refused: [string | undefined, string][] = [
    [undefined, 'ENCRYPTION_KEY_REQUIRED'],
    ['', 'ENCRYPTION_KEY_REQUIRED'],
    ['no base64 at all!', 'ENCRYPTION_KEY_INVALID'],
    [randomBytes(31).toString('base64'), 'ENCRYPTION_KEY_INVALID'],
    [randomBytes(33).toString('base64'), 'ENCRYPTION_KEY_INVALID'],
    [randomBytes(16).toString('base64'), 'ENCRYPTION_KEY_INVALID'],
    [key.toString('hex'), 'ENCRYPTION_KEY_INVALID'],
    [key.toString('base64').slice(0, -1), 'ENCRYPTION_KEY_INVALID'],
    ['A'.repeat(200), 'ENCRYPTION_KEY_INVALID'],
    ['A'.repeat(1500), 'ENCRYPTION_KEY_INVALID'],
  ]
  for (const [text, errorCode] of refused) {
    const answer = await put(uid, { ...fields, encryptionMode: 'double' }, text)
    assert.equal(answer.status, 400, `${text}: ${answer.text}`)
    assert.equal((answer.body as { errorCode: string }).errorCode, errorCode, text)
    if (text) assert.equal(answer.text.includes(text), false, 'the answer does not repeat the key')
  }
  const shown = await app.request(`/api/v1/clients/${uid}/pdp-config`, { token })
  assert.equal((shown.body as Config).isConfigured, false)
})

test("the client's key and the secret are in no log line, no answer, no table", async () => {
  const uid = await app.createClient('Discretion')
  const keys = [randomBytes(32), randomBytes(32)].map((key) => key.toString('base64'))
  const [oldKey, newKey] = keys as [string, string]
  const clientSecret = `secret-${randomBytes(12).toString('hex')}`
  const answers = [
    await put(uid, { ...fields, clientSecret, encryptionMode: 'double' }, oldKey),
    await put(uid, { ...fields, clientSecret: { nested: clientSecret }, encryptionMode: 'double' }, oldKey),
    await app.request(`/api/v1/clients/${uid}/pdp-config`, { token }),
    await app.request(`/api/v1/clients/${uid}/pdp-config/test`, {
      method: 'POST',
      token,
      headers: { 'x-encryption-key': newKey },
    }),
    await app.request(`/api/v1/clients/${uid}/rotate-encryption-key`, {
      method: 'POST',
      token,
      body: { oldKey: newKey, newKey: oldKey },
    }),
    await app.request(`/api/v1/clients/${uid}/rotate-encryption-key`, {
      method: 'POST',
      token,
      body: { oldKey, newKey },
    }),
  ]
  assert.deepEqual(
    answers.map((one) => one.status),
    [200, 422, 200, 400, 400, 200],
  )
  const tables = await queryAsOwner<{ text: string }>(
    app.database,
    `select coalesce(string_agg(x::text, ' '), '') as text from (
       select to_jsonb(a) x from audit_events a union all select to_jsonb(d) from domain_events d
       union all select to_jsonb(c) from client_credentials c union all select to_jsonb(i) from idempotency_keys i) all_rows`,
  )
  const places = {
    logs: app.logs.join(''),
    answers: answers.map((one) => one.text).join(''),
    tables: tables.map((one) => one.text).join(''),
  }
  for (const [place, text] of Object.entries(places)) {
    assert.ok(text.length > 0)
    for (const secret of [...keys, clientSecret]) assert.equal(text.includes(secret), false, `not in ${place}`)
  }
})

test('replacing a configuration replaces its secret and keeps its id', async () => {
  const uid = await app.createClient('Replaced')
  const first: Config = (await put(uid, fields)).body
  const second: Config = (await put(uid, { ...fields, clientSecret: 'another', modeSandbox: true })).body
  assert.equal(second.id, first.id)
  assert.equal(openFernet(await storedToken(uid), masterKey), 'another')
})

test('back to mode "fernet", no key of the client is needed any more', async () => {
  const uid = await app.createClient('Back to fernet')
  const key = randomBytes(32).toString('base64')
  await put(uid, { ...fields, encryptionMode: 'double' }, key)
  const back: Config = (await put(uid, fields, key)).body
  assert.deepEqual(
    [back.encryptionMode, back.secretStatus],
    [
      'fernet',
      {
        status: 'active',
        message: 'A secret is stored, encrypted.',
        encryptionMode: 'fernet',
        requiresClientKey: false,
      },
    ],
  )
  assert.equal(openFernet(await storedToken(uid), masterKey), fields.clientSecret)
})

test('refuses URLs that secrets must not travel to, and says which field', async () => {
  const uid = await app.createClient('URLs')
  for (const url of [
    'http://auth.pdp.example/token',
    'ftp://auth.pdp.example/token',
    'https://user:password@auth.pdp.example/token',
    'https://auth.pdp.example/token#fragment',
    '/token',
    'not a URL',
    'javascript:alert(1)',
  ]) {
    for (const field of ['tokenUrl', 'flowServiceUrl']) {
      const answer = await put(uid, { ...fields, [field]: url })
      assert.equal(answer.status, 422, `${field} ${url}`)
      const { detail }: { detail: { loc: string[] }[] } = answer.body
      assert.deepEqual(detail[0]?.loc, ['body', field])
    }
  }
})

test('names every required field that is missing, and refuses an unknown mode', async () => {
  const uid = await app.createClient('Fields')
  const { detail }: { detail: { loc: string[]; type: string }[] } = (await put(uid, {})).body
  assert.deepEqual(
    detail.map((one) => [one.loc.join('.'), one.type]),
    ['flowServiceUrl', 'tokenUrl', 'oauthClientId', 'clientSecret'].map((name) => [`body.${name}`, 'missing']),
  )
  const mode = await put(uid, { ...fields, encryptionMode: 'triple' })
  assert.deepEqual((mode.body as { detail: { loc: string[] }[] }).detail[0]?.loc, ['body', 'encryptionMode'])
})

test('Chorus Pro credentials are kept like those of the PDP, beside them, and show in hasConfigChorus', async () => {
  const uid = await app.createClient('Chorus')
  const answer = await put(uid, { ...fields, clientSecret: 'chorus secret' }, undefined, 'chorus')
  assert.equal(answer.status, 200)
  const client: { hasConfigPdp: boolean; hasConfigChorus: boolean } = (
    await app.request(`/api/v1/clients/${uid}`, { token })
  ).body
  assert.deepEqual([client.hasConfigPdp, client.hasConfigChorus], [false, true])
  assert.equal(openFernet(await storedToken(uid, 'chorus'), masterKey), 'chorus secret')
  const shown: Config = (await app.request(`/api/v1/clients/${uid}/chorus-config`, { token })).body
  assert.equal(shown.isConfigured, true)
})

test('the configuration of an unknown client is 404, to read and to write', async () => {
  const unknown = '550e8400-e29b-41d4-a716-446655440000'
  const read = await app.request(`/api/v1/clients/${unknown}/pdp-config`, { token })
  for (const answer of [read, await put(unknown, fields)]) {
    assert.equal(answer.status, 404)
    assert.equal((answer.body as { errorCode: string }).errorCode, 'CLIENT_NOT_FOUND')
  }
})
