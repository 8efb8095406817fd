import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { newId } from '#kernel/ids.ts'
import { registrationFaults } from './rules.ts'
import type { ClientRegistration } from './schemas.ts'
import { durationSeconds, parseClientSettings, parseTokenSettings } from './settings-rules.ts'
import { uriFault } from './uri-rules.ts'

const web: ClientRegistration = {
  clientId: 'web',
  clientName: 'Web',
  authenticationMethods: ['client_secret_basic'],
  grantTypes: ['authorization_code', 'refresh_token'],
  redirectUris: ['https://app.example/callback'],
  postLogoutRedirectUris: [],
  scopes: ['openid', 'client:view'],
  clientSettings: '{}',
  tokenSettings: '{}',
  secretExpiresAt: null,
}

function faultsOf(change: Partial<ClientRegistration>, hasSecret = true): string {
  return registrationFaults({ ...web, ...change }, { hasSecret })
    .map((fault) => fault.message)
    .join('\n')
}

test('a clientId that could be a user in somebody else’s eyes is refused, in any case', () => {
  const userId = newId('user')
  for (const clientId of [userId, userId.toUpperCase()]) assert.match(faultsOf({ clientId }), /identifier of a user/)
  for (const clientId of ['user', 'user_portal', `${userId}-app`]) assert.equal(faultsOf({ clientId }), '')
})

describe('redirect addresses', () => {
  for (const uri of [
    'https://app.example',
    'https://a.example:8443/x?y=1',
    'http://localhost:3000/cb',
    'http://[::1]/',
  ]) {
    test(`takes ${uri}`, () => assert.equal(uriFault(uri, 'the address'), null))
  }
  for (const uri of [
    'http://app.example/',
    'https://*.example/cb',
    'https://app.example/*',
    'https://app.example/cb#x',
    'https://app.example/cb#',
    'javascript:alert(1)',
    'data:text/html,x',
    'com.example.app:/cb',
    '/callback',
    '//app.example/cb',
    'https:app.example',
    'https:///app.example',
    'https://user:secret@app.example/',
    'https://app.example\\@evil.example/',
    'https://app.example/a b',
    '',
  ]) {
    test(`refuses ${uri || 'nothing'}`, () => assert.notEqual(uriFault(uri, 'the address'), null))
  }

  test('takes nothing that browsers would read as another host than it says', () => {
    fc.assert(
      fc.property(fc.webUrl({ validSchemes: ['https'] }), (uri) => {
        if (uriFault(uri, 'the address') === null)
          assert.equal(new URL(uri).host, /^https:\/\/([^/?]+)/.exec(uri)?.[1]?.toLowerCase())
      }),
    )
  })
})

describe('registration', () => {
  test('takes a web client', () => assert.equal(faultsOf({}), ''))
  test('names the grant types and methods that work', () => {
    assert.match(faultsOf({ grantTypes: ['password'] }), /authorization_code, refresh_token, client_credentials/)
    assert.match(faultsOf({ authenticationMethods: ['client_secret_jwt'] }), /private_key_jwt, none/)
  })
  test('refuses public clients with rights of their own and clients that could not authenticate', () => {
    const none = { authenticationMethods: ['none'] }
    assert.equal(faultsOf(none, false), '')
    assert.match(faultsOf({ ...none, grantTypes: ['client_credentials'] }), /needs a client that authenticates/)
    assert.match(faultsOf({ authenticationMethods: ['none', 'client_secret_post'] }), /excludes/)
    assert.match(faultsOf({}, false), /clientSecret: is needed/)
    assert.match(faultsOf({ authenticationMethods: ['private_key_jwt'] }), /needs jwkSetUrl or jwks/)
    assert.match(faultsOf({ redirectUris: [] }), /needs at least one/)
    assert.match(faultsOf({ grantTypes: ['refresh_token'] }), /needs authorization_code/)
  })
  test('refuses names that would not survive in an address or a list', () => {
    for (const clientId of ['', '../x', 'a b', 'a,b', 'a/b', 'x'.repeat(101)])
      assert.match(faultsOf({ clientId }), /clientId/)
    assert.match(faultsOf({ scopes: ['a"b'] }), /scope/)
  })
})

describe('settings', () => {
  test('checks the keys that it understands and lets others be', () => {
    assert.deepEqual(parseClientSettings('{"settings.client.x": 1}').faults, [])
    assert.equal(parseClientSettings('{"requireProofKey": true}').settings.requireProofKey, true)
    for (const text of [
      '',
      'null',
      '[]',
      '{',
      '{"requireProofKey": "yes"}',
      '{"jwkSetUrl": "file:///etc/passwd"}',
      '{"jwks": {"keys": []}}',
      '{"jwks": {"keys": [{"kty": "oct", "k": "AAAA"}]}}',
      '{"jwks": {"keys": [{"kty": "RSA", "n": "x", "e": "AQAB", "d": "secret"}]}}',
      '{"jwkSetUrl": "https://a.example/jwks", "jwks": {"keys": [{"kty": "RSA", "n": "x", "e": "AQAB"}]}}',
    ]) {
      assert.notDeepEqual(parseClientSettings(text).faults, [], text)
    }
    for (const text of ['{"accessTokenFormat": "jwt"}', '{"accessTokenTimeToLive": 5}', '{"reuseRefreshTokens": 1}']) {
      assert.notDeepEqual(parseTokenSettings(text).faults, [], text)
    }
  })
  test('reads seconds and ISO 8601 durations alike', () => {
    for (const [given, seconds] of [
      [300, 300],
      ['300', 300],
      ['PT5M', 300],
      ['PT300S', 300],
      ['PT300.000S', 300],
      ['P1DT1H', 90_000],
      ['P1W', 604_800],
    ] as const) {
      assert.equal(durationSeconds(given), seconds)
    }
    for (const given of ['P', 'PT', 'P1M', 'P1Y', '5m', -1.5, '', null, {}]) assert.equal(durationSeconds(given), null)
  })
})
