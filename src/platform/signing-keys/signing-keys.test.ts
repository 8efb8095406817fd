import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { createLocalJWKSet, exportJWK, generateKeyPair, importJWK, jwtVerify, SignJWT } from 'jose'
import { UnitOfWork } from '../db/unit-of-work.ts'
import type { Nodes } from './signing-keys.fixture.ts'
import { claims, code, issuer, kidOf, pass, startNodes } from './signing-keys.fixture.ts'

let nodes: Nodes
let reads = 0

beforeEach(async () => {
  nodes = await startNodes()
  reads = 0
  nodes.database.pool.on('acquire', () => reads++)
})
afterEach(() => nodes.close())

const node = () => nodes.node()

async function keyIds(): Promise<string[]> {
  const found = await nodes.owner.query<{ id: string }>('select id from signing_keys order by signs_from, id')
  return found.rows.map((row) => row.id)
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
    const own = await nodes.owner.query<{ private_ciphertext: string }>('select private_ciphertext from signing_keys')
    const privateJwk = JSON.parse(nodes.secrets.decrypt(own.rows[0]?.private_ciphertext ?? '').toString())
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
    const stored = await nodes.owner.query<{ text: string }>('select k::text as text from signing_keys k')
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

  test('tokens that are remembered make a node look once in two seconds, however many requests come', async () => {
    const keys = node()
    await keys.ensureCurrent()
    const { keyId } = await keys.verify(await keys.sign(claims, 60))
    reads = 0
    for (let i = 0; i < 1000; i++) assert.equal(keys.trusts(keyId), true)
    pass(2_001)
    for (let i = 0; i < 1000; i++) assert.equal(keys.trusts(keyId), true)
    await keys.publicKeys()
    assert.ok(reads <= 1, `${reads} readings`)
  })

  test('signing needs no connection of its own: transactions that fill the pool can sign', async () => {
    const keys = node()
    await keys.ensureCurrent()
    pass(3_600_000)
    const units = Array.from({ length: 4 }, () => new UnitOfWork(nodes.database, 'write', null))
    await Promise.all(units.map((unit) => unit.execute({ text: 'select 1', values: [] })))
    assert.equal(nodes.database.pool.idleCount, 0)
    const tokens = await Promise.all(units.map(() => keys.sign(claims, 60)))
    await Promise.all(units.map((unit) => unit.complete()))
    for (const token of tokens) await keys.verify(token)
  })
})

test('a public key in the table that is not the private one’s verifies nothing', async () => {
  const keys = node()
  await keys.ensureCurrent()
  const planted = await exportJWK((await generateKeyPair('EdDSA', { extractable: true })).publicKey)
  await nodes.owner.query('update signing_keys set public_jwk = public_jwk || $1', [{ x: planted.x }])
  const fresh = node()
  await assert.rejects(fresh.verify(await fresh.sign(claims, 60)), code('unauthenticated'))
})
