import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { TypeID } from 'typeid-js'
import type { IdPrefix } from '#kernel/ids.ts'
import { isId, isUuid, newId, newUuid, newUuids } from '#kernel/ids.ts'

const prefixes: IdPrefix[] = [
  'sess',
  'evt',
  'user',
  'tenant',
  'key',
  'file',
  'imp',
  'exp',
  'wf',
  'exec',
  'apr',
  'notif',
  'rpt',
  'dev',
]
const prefix = fc.constantFrom(...prefixes)

describe('an id', () => {
  it('is an id of its own prefix and of no other', () => {
    fc.assert(
      fc.property(prefix, prefix, (own, other) => {
        assert.equal(isId(other, newId(own)), own === other)
      }),
    )
  })

  it('holds a UUIDv7, as any TypeID library reads it', () => {
    fc.assert(
      fc.property(prefix, (own) => {
        const parsed = TypeID.fromString(newId(own), own)
        assert.equal(parsed.toUUID()[14], '7')
      }),
    )
  })

  it('agrees with the vectors of the TypeID specification (valid.yml, invalid.yml)', () => {
    for (const suffix of ['0'.repeat(26), `${'0'.repeat(25)}g`, `7${'z'.repeat(25)}`, '01h455vb4pex5vsknk084sn02q']) {
      assert.equal(isId('user', `user_${suffix}`), true)
    }
    const invalid = [
      `USER_${'0'.repeat(26)}`,
      `_${'0'.repeat(26)}`,
      '0'.repeat(26),
      'user_',
      'user_1234567890123456789012345',
      'user_123456789012345678901234567',
      'user_1234567890123456789012345 ',
      'user_0123456789ABCDEFGHJKMNPQRS',
      'user_123456789-123456789-123456',
      'user_ooooooiiiiiiuuuuuuulllllll',
      'user_i23456789ol23456789oi23456',
      'user_8zzzzzzzzzzzzzzzzzzzzzzzzz',
      'user__01h455vb4pex5vsknk084sn02q',
      'user_01h455vb4pex5vsknk084sn02q\n',
    ]
    for (const text of invalid) assert.equal(isId('user', text), false, text)
  })

  it('sorts after the ids made before it', () => {
    const ids = Array.from({ length: 20_000 }, () => newId('evt'))
    assert.deepEqual(ids.toSorted(), ids)
    assert.equal(new Set(ids).size, ids.length)
  })
})

describe('a new UUID', () => {
  it('is a UUIDv7 of this moment (RFC 9562 section 5.7)', () => {
    const before = Date.now()
    const uuid = newUuid()
    assert.match(uuid, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    const milliseconds = Number.parseInt(uuid.replaceAll('-', '').slice(0, 12), 16)
    // Many ids in one millisecond may run the counter over into the next ones.
    assert.ok(milliseconds >= before - 1 && milliseconds <= Date.now() + 1000)
  })

  it('is greater than the one before, also within a millisecond and across kinds of ids', () => {
    let previous = newUuid()
    for (let count = 0; count < 50_000; count++) {
      const next = count % 3 === 0 ? TypeID.fromString(newId('user')).toUUID() : newUuid()
      assert.ok(next > previous)
      previous = next
    }
  })
})

describe('ids of this process', () => {
  it('have the same text as a TypeID library gives them', () => {
    for (let count = 0; count < 2000; count++) {
      const id = newId('user')
      assert.equal(TypeID.fromUUID('user', TypeID.fromString(id).toUUID()).toString(), id)
    }
  })

  it('cannot be guessed from the one before: 44 bits are random', () => {
    const ids = Array.from({ length: 5000 }, () => newUuid().replaceAll('-', ''))
    assert.equal(new Set(ids.map((id) => id.slice(21))).size, ids.length)
    // Of 5,000 each bit is set in about half; a difference of a tenth is beyond chance (14 standard deviations).
    for (let bit = 0; bit < 44; bit++) {
      const set = ids.filter((id) => (BigInt(`0x${id.slice(21)}`) >> BigInt(bit)) & 1n).length
      assert.ok(Math.abs(set - ids.length / 2) < ids.length / 10, `bit ${bit} was set in ${set}`)
    }
  })

  it('keep their order while the clock is set back a little, and follow it when it is set back far', (t) => {
    const start = Date.now() + 60_000
    t.mock.timers.enable({ apis: ['Date'], now: start })
    const first = newUuid()
    t.mock.timers.setTime(start - 9_000)
    const second = newUuid()
    assert.ok(second > first)
    t.mock.timers.setTime(start - 50_000)
    const third = newUuid()
    assert.ok(third < first)
    assert.equal(Number.parseInt(third.replaceAll('-', '').slice(0, 12), 16), start - 50_000)
  })
})

describe('the check for a UUID', () => {
  it('takes every version, in lower and upper case', () => {
    fc.assert(
      fc.property(fc.uuid(), (uuid) => {
        assert.equal(isUuid(uuid), true)
        assert.equal(isUuid(uuid.toUpperCase()), true)
      }),
    )
    for (const uuid of [newUuid(), randomUUID(), '00000000-0000-0000-0000-000000000000'])
      assert.equal(isUuid(uuid), true)
  })

  it('refuses other spellings', () => {
    const uuid = newUuid()
    for (const text of ['', uuid.replaceAll('-', ''), `{${uuid}}`, `urn:uuid:${uuid}`, ` ${uuid}`, `${uuid}\n`]) {
      assert.equal(isUuid(text), false)
    }
    assert.equal(isUuid(uuid.replace(/.$/, 'g')), false)
    assert.equal(isUuid(uuid.slice(0, -1)), false)
  })
})

it('many UUIDs at once are valid, ascending and never the same', () => {
  const ids = [...newUuids(5000), ...newUuids(5000)]
  for (const id of ids) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.equal(new Set(ids).size, ids.length)
  assert.deepEqual(ids.slice(0, 5000), ids.slice(0, 5000).sort())
  assert.deepEqual(newUuids(0), [])
})
