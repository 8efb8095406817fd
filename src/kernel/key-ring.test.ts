import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import { format, inspect } from 'node:util'
import fc from 'fast-check'
import { generateFernetKey, InvalidFernetTokenError, parseFernetKey } from '#kernel/fernet.ts'
import { InvalidKeyRingError, KeyRing, parseKeyRing } from '#kernel/key-ring.ts'

const [newest, older, oldest] = [generateFernetKey(), generateFernetKey(), generateFernetKey()]
const ring = parseKeyRing(`${newest},${older},${oldest}`)

describe('a key ring', () => {
  it('opens what it encrypts', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (array) => {
        assert.deepEqual(ring.decrypt(ring.encrypt(Buffer.from(array))), Buffer.from(array))
      }),
    )
  })

  it('encrypts under its first key', () => {
    const token = ring.encrypt('text')
    assert.equal(parseKeyRing(newest).decrypt(token).toString(), 'text')
    assert.throws(() => parseKeyRing(`${older},${oldest}`).decrypt(token), InvalidFernetTokenError)
    assert.equal(ring.isCurrent(token), true)
  })

  it('opens what any of its keys encrypted, and calls only the first one current', () => {
    for (const secret of [older, oldest]) {
      const token = parseKeyRing(secret).encrypt('text')
      assert.equal(ring.decrypt(token).toString(), 'text')
      assert.equal(ring.isCurrent(token), false)
    }
  })

  it('keeps everything readable through a rotation', () => {
    const before = parseKeyRing(older)
    const stored = ['a', 'b', 'c'].map((text) => before.encrypt(text))
    const during = parseKeyRing(`${newest},${older}`)
    const rotated = stored.map((token) => (during.isCurrent(token) ? token : during.encrypt(during.decrypt(token))))
    const after = parseKeyRing(newest)
    assert.deepEqual(
      rotated.map((token) => after.decrypt(token).toString()),
      ['a', 'b', 'c'],
    )
  })

  it('refuses a token of a foreign key, and no token at all', () => {
    const foreign = parseKeyRing(generateFernetKey()).encrypt('text')
    for (const [token, reason] of [
      [foreign, 'incorrect_mac'],
      ['not a token', 'malformed'],
    ] as const) {
      assert.equal(ring.isCurrent(token), false)
      assert.throws(
        () => ring.decrypt(token),
        (error: unknown) => error instanceof InvalidFernetTokenError && error.reason === reason,
      )
    }
  })

  it('names its keys by 12 hex digits of their SHA-256, in order', () => {
    const expected = [newest, older, oldest].map((secret) =>
      createHash('sha256').update(Buffer.from(secret, 'base64url')).digest('hex').slice(0, 12),
    )
    assert.deepEqual(ring.fingerprints(), expected)
  })

  it('shows fingerprints and nothing of a key, however it is printed', () => {
    const printed = [
      String(ring),
      `${ring}`,
      JSON.stringify({ ring }),
      inspect({ ring }, { showHidden: true, depth: 9 }),
      inspect(ring, { customInspect: false, showHidden: true, depth: 9 }),
      format('%s %o %O %j', ring, ring, ring, ring),
      JSON.stringify(Object.entries(ring)),
    ].join('\n')
    for (const secret of [newest, older, oldest]) {
      const raw = Buffer.from(secret, 'base64url')
      for (const half of [raw.subarray(0, 16), raw.subarray(16)]) {
        assert.ok(!printed.includes(half.toString('hex').slice(0, 8)))
        assert.ok(!printed.includes(half.toString('base64').slice(0, 8)))
        assert.ok(!printed.includes(half.toString('base64url').slice(0, 8)))
      }
    }
    assert.equal(String(ring), `KeyRing(${ring.fingerprints().join(', ')})`)
  })

  it('needs a key, and each one once', () => {
    assert.throws(() => new KeyRing([]), InvalidKeyRingError)
    const key = parseFernetKey(newest)
    assert.throws(() => new KeyRing([key, parseFernetKey(older), key]), {
      name: 'InvalidKeyRingError',
      message: 'key 3 is the same as key 1',
    })
  })
})

describe('the list of keys', () => {
  it('may have spaces and line ends around the commas', () => {
    assert.deepEqual(parseKeyRing(` ${newest} ,\n${older}\n`).fingerprints(), ring.fingerprints().slice(0, 2))
  })

  const wrongLists = {
    'no list': ['', /no key given/],
    'spaces only': ['  \n', /no key given/],
    'a comma at the end': [`${newest},`, /^key 2 of 2 is empty/],
    'a comma too many': [`${newest},,${older}`, /^key 2 of 3 is empty/],
    'a key cut short': [`${newest},${older.slice(0, 40)}`, /^key 2 of 2: .*this text has 40$/],
    'a key in standard base64': [Buffer.alloc(32, 0xfb).toString('base64'), /^key 1 of 1: .*this text has others$/],
    'quotes around a key': [`"${newest}"`, /^key 1 of 1: .*this text has 46$/],
  } as const
  for (const [name, [text, message]] of Object.entries(wrongLists)) {
    it(`is refused with a message that helps and holds no key: ${name}`, () => {
      assert.throws(
        () => parseKeyRing(text),
        (error: unknown) => {
          assert.ok(error instanceof InvalidKeyRingError)
          assert.match(error.message, message)
          const shown = inspect(error, { showHidden: true, depth: 9 })
          for (const secret of text.split(',').map((part) => part.replaceAll('"', '').trim())) {
            assert.ok(secret === '' || !shown.includes(secret.slice(0, 8)))
          }
          return true
        },
      )
    })
  }
})
