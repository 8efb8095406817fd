import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, mock, test } from 'node:test'
import {
  createLocalJWKSet,
  decodeProtectedHeader,
  exportJWK,
  generateKeyPair,
  importJWK,
  jwtVerify,
  SignJWT,
} from 'jose'
import pg from 'pg'
import { generateFernetKey } from '#kernel/fernet.ts'
import type { TestDatabase } from '#test/support/postgres.ts'
import { createTestDatabase } from '#test/support/postgres.ts'
import { Database } from '../db/database.ts'
import { UnitOfWork } from '../db/unit-of-work.ts'
import { MasterKeys } from '../secrets/master-keys.ts'
import { SigningKeys } from './signing-keys.ts'

const issuer = 'https://clientele.example'
const claims = { sub: 'user_1', tid: 'tenant_1', sid: 'sess_1' }
const day = 24 * 3600 * 1000

let testDatabase: TestDatabase
let database: Database
let owner: pg.Client
let secrets: MasterKeys
let reads = 0

beforeEach(async () => {
  testDatabase = await createTestDatabase()
  owner = new pg.Client(testDatabase.owner)
  await owner.connect()
  database = new Database({ connection: testDatabase.application, poolSize: 4 })
  secrets = new MasterKeys({ keys: generateFernetKey() })
  reads = 0
  database.pool.on('acquire', () => reads++)
})
afterEach(async () => {
  mock.timers.reset()
  await database.end()
  await owner.end()
  await testDatabase.drop()
})

/** A node: its own memory, the same database. */
const node = () => new SigningKeys({ database, secrets, issuer })
const kidOf = (token: string) => decodeProtectedHeader(token).kid
const code = (expected: string) => (error: unknown) => (error as { code?: string }).code === expected

async function keyIds(): Promise<string[]> {
  const found = await owner.query<{ id: string }>('select id from signing_keys order by signs_from, id')
  return found.rows.map((row) => row.id)
}

/** From here on this process believes that so much time has passed; the server's clock stays. */
function pass(ms: number): void {
  mock.timers.enable({ apis: ['Date'], now: Date.now() + ms })
}

describe('tokens', () => {
  test('anybody verifies them with the published keys, and nothing private is published', async () => {
    const keys = node()
    await keys.ensureCurrent()
    const token = await keys.sign({ ...claims, client_uid: 'c' }, 60)
    const published = await keys.publicKeys()
    const { payload, protectedHeader } = await jwtVerify(token, createLocalJWKSet(published), { issuer })
    assert.deepEqual(
      { ...payload, iat: 0, exp: 0, jti: '' },
      { ...claims, client_uid: 'c', iss: issuer, iat: 0, exp: 0, jti: '' },
    )
    assert.equal((payload.exp ?? 0) - (payload.iat ?? 0), 60)
    assert.equal(protectedHeader.typ, 'at+jwt')
    for (const key of published.keys)
      assert.deepEqual(Object.keys(key).sort(), ['alg', 'crv', 'kid', 'kty', 'use', 'x'])
  })

  test('are refused when expired, changed, unsigned, of another issuer, type or key, or without a claim', async () => {
    const keys = node()
    await keys.ensureCurrent()
    await assert.rejects(keys.verify(await keys.sign(claims, -1)), code('token_expired'))
    const token = await keys.sign(claims, 60)
    assert.equal((await keys.verify(token)).sub, 'user_1')
    const [header, payload, signature] = token.split('.') as [string, string, string]
    const forged = Buffer.from(
      JSON.stringify({ ...JSON.parse(Buffer.from(payload, 'base64url').toString()), tid: 'x' }),
    )
    const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'at+jwt', kid: kidOf(token) })).toString('base64url')
    const evil = await generateKeyPair('EdDSA')
    const signedBy = (
      key: Awaited<ReturnType<typeof generateKeyPair>>['privateKey'],
      alg: string,
      kid = kidOf(token),
    ) =>
      new SignJWT({ ...claims })
        .setProtectedHeader({ alg, typ: 'at+jwt', kid: kid ?? '' })
        .setIssuer(issuer)
        .setExpirationTime('1h')
        .sign(key)
    const hmac = await crypto.subtle.importKey(
      'raw',
      new TextEncoder().encode(JSON.stringify((await keys.publicKeys()).keys[0])),
      { name: 'HMAC', hash: 'SHA-256' },
      false,
      ['sign'],
    )
    const own = await owner.query<{ private_ciphertext: string }>('select private_ciphertext from signing_keys')
    const privateJwk = JSON.parse(secrets.decrypt(own.rows[0]?.private_ciphertext ?? '').toString())
    const real = (await importJWK(privateJwk, 'EdDSA')) as typeof evil.privateKey
    const ours = (payloadClaims: Record<string, string>, typ: string, by = issuer) =>
      new SignJWT(payloadClaims)
        .setProtectedHeader({ alg: 'EdDSA', typ, kid: kidOf(token) ?? '' })
        .setIssuer(by)
        .setExpirationTime('1h')
        .sign(real)
    const bad: Record<string, string> = {
      'changed claims': `${header}.${forged.toString('base64url')}.${signature}`,
      'no signature': `${none}.${payload}.`,
      'another key': await signedBy(evil.privateKey, 'EdDSA'),
      'an unknown key id': await signedBy(evil.privateKey, 'EdDSA', 'kid_unknown'),
      'the public key as a shared secret': await signedBy(hmac, 'HS256'),
      'another issuer': await ours(claims, 'at+jwt', 'https://evil.example'),
      'another type': await ours(claims, 'JWT'),
      'no session': await ours({ sub: 'user_1', tid: 'tenant_1' }, 'at+jwt'),
      'no token': 'x.y.z',
    }
    for (const [what, text] of Object.entries(bad))
      await assert.rejects(keys.verify(text), code('unauthenticated'), what)
    assert.equal((await keys.verify(await ours(claims, 'at+jwt'))).sid, 'sess_1')
  })

  test('the private half is in the database under the master key only', async () => {
    await node().ensureCurrent()
    const stored = await owner.query<{ text: string }>('select k::text as text from signing_keys k')
    assert.ok(!stored.rows[0]?.text.includes('"d"'))
  })
})

describe('the first key', () => {
  test('is made once, also by nodes that start at the same moment', async () => {
    const nodes = [node(), node(), node()]
    const made = await Promise.all(nodes.map((one) => one.ensureCurrent()))
    assert.equal(made.filter((id) => id !== null).length, 1)
    assert.deepEqual(
      await keyIds(),
      made.filter((id) => id !== null),
    )
    const tokens = await Promise.all(nodes.map((one) => one.sign(claims, 60)))
    for (const one of nodes) for (const token of tokens) await one.verify(token)
  })

  test('without one there is nothing to sign with, which is temporary', async () => {
    await assert.rejects(node().sign(claims, 60), code('unavailable'))
  })
})

describe('rotation', () => {
  test('the next key is published an hour ahead, signs from its time on, and older tokens stay valid', async () => {
    const keys = node()
    const first = await keys.ensureCurrent()
    const other = node()
    const early = await keys.sign(claims, (30 * 24 + 12) * 3600)
    const later = (ms: number) => new Date(Date.now() + ms)
    assert.equal(await keys.ensureCurrent(later(30 * day - 3601_000)), null)
    const second = await keys.ensureCurrent(later(30 * day - 3599_000))
    assert.ok(second)
    assert.equal(await keys.ensureCurrent(later(30 * day - 3599_000)), null, 'once')
    assert.deepEqual(
      (await other.publicKeys()).keys.map((key) => key.kid),
      [first, second],
    )
    assert.equal(kidOf(await keys.sign(claims, 60)), first)
    pass(30 * day + 1000)
    const late = await other.sign(claims, 60)
    assert.equal(kidOf(late), second)
    await keys.verify(late)
    await other.verify(early)
  })

  test('in an emergency the new key signs at once, and another node takes its tokens', async () => {
    const [one, two] = [node(), node()]
    const first = await one.ensureCurrent()
    await two.publicKeys()
    const before = await two.sign(claims, 60)
    const second = await one.rotate({ immediately: true })
    const token = await one.sign(claims, 60)
    assert.deepEqual([kidOf(before), kidOf(token)], [first, second])
    pass(2_001)
    await two.verify(token)
    await one.verify(before)
    assert.equal(kidOf(await two.sign(claims, 60)), second)
  })

  test('by hand it is published first and signs an hour later', async () => {
    const keys = node()
    const first = await keys.ensureCurrent()
    const second = await keys.rotate({ immediately: false })
    assert.equal(kidOf(await keys.sign(claims, 60)), first)
    assert.ok((await keys.publicKeys()).keys.some((key) => key.kid === second))
    pass(3_601_000)
    assert.equal(kidOf(await keys.sign(claims, 60)), second)
  })

  test('a key that was removed is trusted no longer than a minute', async () => {
    const keys = node()
    await keys.ensureCurrent()
    const token = await keys.sign(claims, 3600)
    await owner.query('delete from signing_keys')
    pass(60_001)
    await assert.rejects(keys.verify(token), code('unauthenticated'))
  })

  test('an expired key signs nothing and verifies nothing', async () => {
    const keys = node()
    await keys.ensureCurrent()
    const token = await keys.sign(claims, 90 * 24 * 3600).catch((error: unknown) => error)
    assert.equal((token as { code?: string }).code, 'unavailable', 'a token must not outlive its key')
    const short = await keys.sign(claims, 3600)
    await owner.query(`update signing_keys set expires_at = now() - interval '1 second'`)
    await assert.rejects(node().verify(short), code('unauthenticated'))
    await assert.rejects(node().sign(claims, 60), code('unavailable'))
    assert.deepEqual((await node().publicKeys()).keys, [])
  })
})

describe('the database is asked no more than needed', () => {
  test('made-up key ids make a node look once in two seconds, however many come', async () => {
    const keys = node()
    await keys.ensureCurrent()
    const { privateKey } = await generateKeyPair('EdDSA')
    const madeUp = (kid: string) =>
      new SignJWT({ ...claims })
        .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid })
        .setIssuer(issuer)
        .setExpirationTime('1h')
        .sign(privateKey)
    const tokens = await Promise.all(Array.from({ length: 20 }, (_, i) => madeUp(`kid_${i}`)))
    reads = 0
    for (const token of tokens) await assert.rejects(keys.verify(token), code('unauthenticated'))
    assert.equal(reads, 0)
    pass(2_001)
    await Promise.all(tokens.map((token) => assert.rejects(keys.verify(token), code('unauthenticated'))))
    assert.equal(reads, 1)
  })

  test('signing needs no connection of its own: transactions that fill the pool can sign', async () => {
    const keys = node()
    await keys.ensureCurrent()
    pass(3_600_000)
    const units = Array.from({ length: 4 }, () => new UnitOfWork(database, 'write', null))
    await Promise.all(units.map((unit) => unit.execute({ text: 'select 1', values: [] })))
    assert.equal(database.pool.idleCount, 0)
    const tokens = await Promise.all(units.map(() => keys.sign(claims, 60)))
    await Promise.all(units.map((unit) => unit.complete()))
    for (const token of tokens) await keys.verify(token)
  })
})

test('a public key in the table that is not the private one’s verifies nothing', async () => {
  const keys = node()
  await keys.ensureCurrent()
  const planted = await exportJWK((await generateKeyPair('EdDSA', { extractable: true })).publicKey)
  await owner.query('update signing_keys set public_jwk = public_jwk || $1', [{ x: planted.x }])
  const fresh = node()
  await assert.rejects(fresh.verify(await fresh.sign(claims, 60)), code('unauthenticated'))
})
