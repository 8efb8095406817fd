import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import pg from 'pg'
import { momentOid, parseMoment } from './moments.ts'

const parse = pg.types.getTypeParser(momentOid, 'text') as (text: string) => unknown

it('moments of every century are those that node-postgres reads', () => {
  const years = {
    min: new Date('0001-01-01T00:00:00Z'),
    max: new Date('9999-12-31T23:59:59.999Z'),
    noInvalidDate: true,
  }
  const fraction = fc.oneof(fc.constant(''), fc.stringMatching(/^\.\d{1,6}$/))
  fc.assert(
    fc.property(fc.date(years), fraction, (moment, digits) => {
      const text = `${moment.toISOString().slice(0, 19).replace('T', ' ')}${digits}+00`
      assert.deepEqual(parseMoment(text), parse(text))
    }),
  )
})

it('so is what has another form', () => {
  const others = [
    'infinity',
    '-infinity',
    '2026-11-22 10:11:12+02',
    '2026-11-22 10:11:12.123+05:30',
    '12026-11-22 10:11:12+00',
  ]
  const early = ['0044-03-15 12:00:00+00 BC', '0044-03-15 12:00:00.123456+00 BC', '0099-12-31 23:59:59.999+00', '']
  for (const text of [...others, ...early]) assert.deepEqual(parseMoment(text), parse(text), text)
})
