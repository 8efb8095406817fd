import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { requireClientKey, requireServiceUrl, sealingContext } from './rules.ts'

const code = (expected: string) => (error: unknown) => (error as { code?: string }).code === expected

describe('addresses of services', () => {
  test('are https, or http to this machine for development', () => {
    for (const url of [
      'https://pdp.example/oauth/token?tenant=1',
      'HTTPS://PDP.EXAMPLE:8443',
      'http://localhost:9000/token',
      'http://127.0.0.1/token',
      'http://[::1]:9000/token',
    ]) {
      requireServiceUrl('tokenUrl', url)
    }
  })

  test('of other kinds are refused by the name of their field, without being repeated', () => {
    for (const url of [
      'http://pdp.example/token',
      'http://localhost.evil.example/token',
      'http://127.0.0.1.evil.example/token',
      'https://user:hunter2@pdp.example/token',
      'https://hunter2@pdp.example/token',
      'https://pdp.example/#hunter2',
      'ftp://pdp.example',
      'file:///etc/passwd',
      'javascript:alert(1)',
      '//pdp.example/token',
      'pdp.example/token',
      'https://',
      '',
    ]) {
      assert.throws(
        () => requireServiceUrl('tokenUrl', url),
        (error: Error & { code?: string; details?: { path?: string[] }[] }) => {
          assert.equal(error.code, 'credential_url_invalid', url)
          assert.deepEqual(error.details?.[0]?.path, ['body', 'tokenUrl'])
          return !error.message.includes('hunter2')
        },
        url,
      )
    }
  })
})

describe("the client's own key", () => {
  test('is 32 bytes in base64', () => {
    const key = randomBytes(32)
    assert.deepEqual(requireClientKey(key.toString('base64')), key)
  })

  test('that is missing is told apart from one that is no key; neither is repeated', () => {
    for (const text of [undefined, '']) assert.throws(() => requireClientKey(text), code('encryption_key_required'))
    for (const bytes of [0, 16, 31, 33, 64]) {
      const text = bytes === 0 ? '====' : randomBytes(bytes).toString('base64')
      assert.throws(
        () => requireClientKey(text),
        (error: Error & { code?: string }) =>
          error.code === 'encryption_key_malformed' && !String(error.stack).includes(text),
        `${bytes} bytes`,
      )
    }
  })
})

test('what is sealed for one place has a context that no other place has', () => {
  const places = ['t1', 't2'].flatMap((tenant) =>
    ['c1', 'c2'].flatMap((client) => ['pdp', 'chorus'].map((kind) => sealingContext(tenant, client, kind))),
  )
  assert.equal(new Set(places).size, 8)
})
