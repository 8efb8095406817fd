import assert from 'node:assert/strict'
import { test } from 'node:test'
import { anonymous } from '../operations/actor.ts'
import { claimsOf, claimsOfRegisteredClient, networkOf } from './claims.ts'

test('an address of version 6 counts as its /64, one of version 4 as itself, mapped or not', () => {
  assert.equal(networkOf('192.0.2.7'), '192.0.2.7')
  assert.equal(networkOf('::ffff:192.0.2.7'), '192.0.2.7')
  assert.equal(networkOf('::ffff:c000:207'), '192.0.2.7')
  assert.equal(networkOf('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2::/64')
  assert.equal(networkOf('2001:db8:1:2::'), '2001:db8:1:2::/64')
  assert.notEqual(networkOf('2001:db8:1:3::1'), networkOf('2001:db8:1:2::1'))
})

const subjects = (claims: readonly { subject: string }[]) => claims.map((claim) => claim.subject)

test('a client with its keys counts as one, apart from the user who signed in for the account', () => {
  const permissions = new Set<string>()
  const key = { kind: 'api_key', tenantId: 't', apiKeyId: 'k', clientUid: 'c', permissions } as const
  const otherKey = { ...key, apiKeyId: 'l' }
  assert.deepEqual(subjects(claimsOf(key, '192.0.2.7', undefined)), ['client:c', 'tenant'])
  assert.deepEqual(claimsOf(key, '192.0.2.7', undefined), claimsOf(otherKey, '192.0.2.8', undefined))
  assert.deepEqual(subjects(claimsOf(key, '', 'transfer')), ['transfer:client:c', 'client:c', 'tenant'])
  assert.deepEqual(subjects(claimsOf(anonymous, '192.0.2.7', undefined)), ['address:192.0.2.7'])
})

test('a registered client’s requests for tokens count with its calls', () => {
  const oauth = { registeredClientId: 'c', clientVersion: 1, tokenHash: Buffer.alloc(32) }
  const actor = {
    kind: 'oauth_client',
    tenantId: 't',
    clientId: 'machine',
    oauth,
    permissions: new Set<string>(),
  } as const
  assert.deepEqual(claimsOfRegisteredClient('t', 'c'), claimsOf(actor, '192.0.2.7', undefined))
})
