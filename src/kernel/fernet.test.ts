import assert from 'node:assert/strict'
import { createHmac, createSecretKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { format, inspect } from 'node:util'
import fc from 'fast-check'
import type { FernetKey, InvalidFernetTokenReason } from '#kernel/fernet.ts'
import {
  fernetDecrypt,
  fernetEncrypt,
  generateFernetKey,
  InvalidFernetKeyError,
  InvalidFernetTokenError,
  parseFernetKey,
} from '#kernel/fernet.ts'

// The published acceptance tests of the format, github.com/fernet/spec: invalid.json as of commit 8a21920;
// generate.json and verify.json with their one entry of version 0x80 (the same first entries stand in
// github.com/pyca/cryptography, vectors/cryptography_vectors/fernet, as of commit fed27c2).
type Vector = { token: string; now: string; secret: string }
type GenerateVector = Vector & { iv: number[]; src: string }
type VerifyVector = Vector & { ttl_sec: number; src: string }
type InvalidVector = Vector & { ttl_sec: number; desc: string }

function vectors<T>(name: string): T[] {
  return JSON.parse(readFileSync(new URL(`fernet.vectors/${name}`, import.meta.url), 'utf8'))
}

const invalidReasons: Record<string, InvalidFernetTokenReason> = {
  'incorrect mac': 'incorrect_mac',
  'too short': 'malformed',
  'invalid base64': 'malformed',
  'payload size not multiple of block size': 'malformed',
  'payload padding error': 'bad_padding',
  'far-future TS (unacceptable clock skew)': 'from_the_future',
  'expired TTL': 'expired',
  'incorrect IV (causes padding error)': 'bad_padding',
  'trailing characters after b64 padding': 'malformed',
  'invalid characters in b64': 'malformed',
  'invalid non-urlsafe characters in b64': 'malformed',
}

const specSecret = 'cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4='

function rejection(reason: InvalidFernetTokenReason) {
  return (error: unknown) => {
    assert.ok(error instanceof InvalidFernetTokenError)
    assert.equal(error.reason, reason)
    return true
  }
}

/** A token with a right MAC over any content, as only the holder of the key can make it. */
function sign(signingKey: Buffer, signed: Buffer): string {
  const mac = createHmac('sha256', signingKey).update(signed).digest()
  return Buffer.concat([signed, mac]).toString('base64').replaceAll('+', '-').replaceAll('/', '_')
}

const key = parseFernetKey(generateFernetKey())
const made = new Date('2026-03-01T12:00:00Z')
const secondsLater = (seconds: number) => new Date(made.getTime() + seconds * 1000)
const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array))

describe('the published Fernet vectors', () => {
  for (const vector of vectors<GenerateVector>('generate.json')) {
    it('generates the published token', () => {
      const options = { now: new Date(vector.now), iv: Buffer.from(vector.iv) }
      assert.equal(fernetEncrypt(parseFernetKey(vector.secret), vector.src, options), vector.token)
    })
  }

  for (const vector of vectors<VerifyVector>('verify.json')) {
    it('opens the published token', () => {
      const options = { ttlSeconds: vector.ttl_sec, now: new Date(vector.now) }
      assert.equal(fernetDecrypt(parseFernetKey(vector.secret), vector.token, options).toString(), vector.src)
    })
  }

  const invalid = vectors<InvalidVector>('invalid.json')

  it('has all eleven invalid tokens', () => {
    assert.deepEqual(
      invalid.map((vector) => vector.desc),
      Object.keys(invalidReasons),
    )
  })

  for (const vector of invalid) {
    it(`refuses the published invalid token: ${vector.desc}`, () => {
      const options = { ttlSeconds: vector.ttl_sec, now: new Date(vector.now) }
      const reason = invalidReasons[vector.desc]
      assert.ok(reason)
      assert.throws(() => fernetDecrypt(parseFernetKey(vector.secret), vector.token, options), rejection(reason))
    })
  }
})

describe('fernet tokens', () => {
  it('open to exactly the bytes that went in', () => {
    fc.assert(
      fc.property(bytes, (plaintext) => {
        assert.deepEqual(fernetDecrypt(key, fernetEncrypt(key, plaintext)), plaintext)
      }),
    )
  })

  it('carry text as UTF-8', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        assert.equal(fernetDecrypt(key, fernetEncrypt(key, text)).toString('utf8'), text)
      }),
    )
  })

  it('are different for the same plaintext', () => {
    assert.notEqual(fernetEncrypt(key, 'same', { now: made }), fernetEncrypt(key, 'same', { now: made }))
  })

  it('do not open when a single bit anywhere was changed', () => {
    const token = Buffer.from(fernetEncrypt(key, 'the content of a secret'), 'base64url')
    for (let bit = 0; bit < token.length * 8; bit++) {
      const changed = Buffer.from(token)
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
      const text = changed.toString('base64').replaceAll('+', '-').replaceAll('/', '_')
      assert.throws(() => fernetDecrypt(key, text), rejection(bit < 8 ? 'unknown_version' : 'incorrect_mac'))
    }
  })

  it('do not open under another key', () => {
    const other = parseFernetKey(generateFernetKey())
    assert.throws(() => fernetDecrypt(other, fernetEncrypt(key, 'text')), rejection('incorrect_mac'))
  })

  it('do not open without their padding, with spaces, or cut', () => {
    const token = fernetEncrypt(key, 'text')
    for (const text of [token.replaceAll('=', ''), ` ${token}`, `${token}\n`, `${token}=`, token.slice(4)]) {
      assert.throws(() => fernetDecrypt(key, text), InvalidFernetTokenError)
    }
    // From the later vectors of the Go implementation: shorter than any token.
    for (const text of ['gAAAAABdnQ1TUKh2OE_ggbyCIxfg', 'gAAA', 'gA==', '']) {
      assert.throws(() => fernetDecrypt(key, text, { ttlSeconds: 0 }), rejection('malformed'))
    }
  })

  it('refuse any text that is no token with the one error', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.base64String(),
          bytes.map((value) => sign(value, value)),
        ),
        (text) => {
          assert.throws(() => fernetDecrypt(key, text, { ttlSeconds: 60 }), InvalidFernetTokenError)
        },
      ),
    )
  })

  it('refuse a signed token without ciphertext, and one of another version', () => {
    const raw = Buffer.from(specSecret, 'base64url')
    const spec = parseFernetKey(specSecret)
    const header = Buffer.alloc(25)
    for (const [version, reason] of [
      [0x80, 'malformed'],
      [0x81, 'unknown_version'],
    ] as const) {
      header.writeUInt8(version)
      assert.throws(() => fernetDecrypt(spec, sign(raw.subarray(0, 16), header)), rejection(reason))
    }
  })

  it('name neither token nor key in their errors', () => {
    const secret = generateFernetKey()
    const token = fernetEncrypt(key, 'text')
    try {
      fernetDecrypt(parseFernetKey(secret), token)
      assert.fail('the token opened')
    } catch (error) {
      const shown = inspect(error, { showHidden: true, depth: 9 })
      assert.ok(!shown.includes(secret) && !shown.includes(token.slice(0, 20)))
    }
  })
})

describe('the age of a fernet token', () => {
  const token = fernetEncrypt(key, 'text', { now: made })
  const openAt = (seconds: number, ttlSeconds?: number) =>
    fernetDecrypt(key, token, { now: secondsLater(seconds), ...(ttlSeconds === undefined ? {} : { ttlSeconds }) })

  it('may be the TTL and not a second more', () => {
    assert.equal(openAt(60, 60).toString(), 'text')
    assert.equal(openAt(0, 0).toString(), 'text')
    assert.throws(() => openAt(61, 60), rejection('expired'))
    assert.throws(() => openAt(1, 0), rejection('expired'))
  })

  it('may be 60 seconds in the future and not a second more', () => {
    assert.equal(openAt(-60, 60).toString(), 'text')
    assert.throws(() => openAt(-61, 60), rejection('from_the_future'))
  })

  it('is not looked at without a TTL', () => {
    assert.equal(openAt(-1_000_000_000).toString(), 'text')
    assert.equal(openAt(1_000_000_000).toString(), 'text')
  })

  it('is judged against exact seconds at any distance', () => {
    fc.assert(
      fc.property(fc.integer({ min: -500, max: 500 }), fc.integer({ min: 0, max: 400 }), (age, ttlSeconds) => {
        const open = () => openAt(age, ttlSeconds)
        if (age >= -60 && age <= ttlSeconds) assert.equal(open().toString(), 'text')
        else assert.throws(open, InvalidFernetTokenError)
      }),
    )
  })

  it('refuses a TTL that is no whole number of seconds rather than let every token pass', () => {
    for (const ttlSeconds of [Number.NaN, -1, 1.5, Number.POSITIVE_INFINITY]) {
      assert.throws(() => openAt(0, ttlSeconds), RangeError)
    }
  })

  it('is not given for a token with a wrong MAC', () => {
    const other = parseFernetKey(generateFernetKey())
    const options = { ttlSeconds: 1, now: secondsLater(1000) }
    assert.throws(() => fernetDecrypt(other, token, options), rejection('incorrect_mac'))
  })
})

describe('fernet keys', () => {
  it('are read back as generated', () => {
    const text = generateFernetKey()
    const parsed: FernetKey = parseFernetKey(text)
    assert.ok(parsed.signingKey.equals(createSecretKey(Buffer.from(text, 'base64url').subarray(0, 16))))
    assert.ok(parsed.encryptionKey.equals(createSecretKey(Buffer.from(text, 'base64url').subarray(16))))
  })

  it('are refused in any other spelling, without being named', () => {
    const bad = [
      '',
      specSecret.slice(0, -1),
      `${specSecret}\n`,
      specSecret.replace('_', '/'),
      specSecret.replace('4=', '5='),
      Buffer.alloc(33).toString('base64'),
      Buffer.alloc(16, 3).toString('base64'),
    ]
    for (const text of bad) {
      assert.throws(
        () => parseFernetKey(text),
        (error: unknown) => {
          assert.ok(error instanceof InvalidFernetKeyError)
          assert.match(error.message, /44 characters/)
          assert.ok(text === '' || !inspect(error).includes(text.trim().slice(0, 12)))
          return true
        },
      )
    }
  })

  it('do not show in inspect, JSON or templates', () => {
    const parsed = parseFernetKey(specSecret)
    const raw = Buffer.from(specSecret, 'base64url')
    const shown = `${inspect(parsed, { showHidden: true, depth: 9 })} ${JSON.stringify(parsed)} ${format('%s %o', parsed, parsed)}`
    for (const half of [raw.subarray(0, 16), raw.subarray(16)]) {
      for (const text of [half.toString('hex').slice(0, 8), half.toString('base64').slice(0, 8)]) {
        assert.ok(!shown.includes(text))
      }
    }
  })
})
