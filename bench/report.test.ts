import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Line } from './report.ts'
import { formatTable, isMet } from './report.ts'

const read: Line = {
  measurement: 'GET',
  value: 3700,
  unit: '/s',
  peer: { name: 'pool.query', value: 5000, ratio: 0.74 },
  target: { atLeast: 0.8 },
  spread: 0.061,
  cost: { server: 151.6, database: 90.2 },
}

test('a target beside a peer is held against the ratio, without one against the figure', () => {
  assert.equal(isMet(read), false)
  assert.equal(isMet({ ...read, target: { atLeast: 0.7 } }), true)
  assert.equal(isMet({ measurement: 'start', value: 2.9, unit: 's', target: { atMost: 3 } }), true)
  assert.equal(isMet({ measurement: 'memory', value: 251, unit: 'MB', target: { atMost: 250 } }), false)
})

test('a figure without a target is neither reached nor missed', () => {
  assert.equal(isMet({ measurement: 'sign-in', value: 60, unit: '/s' }), null)
})

test('the table shows figure, peer, ratio and target, and does not hide a miss', () => {
  const rows = formatTable([read, { measurement: 'start', value: 0.912, unit: 's', target: { atMost: 3 } }]).split('\n')
  assert.equal(rows.length, 4)
  assert.match(
    rows[2] ?? '',
    /^\| GET +\| 3700\/s +\| pool\.query +\| 5000\/s +\| 0\.74 +\| >= 0\.8 +\| NO +\| 6 % +\| 152 \+ 90 +\|$/,
  )
  assert.match(rows[3] ?? '', /^\| start +\| 0\.91 s +\| +\| +\| +\| <= 3\.00 s +\| yes +\| +\| +\|$/)
})

test('the columns line up', () => {
  const rows = formatTable([read, { measurement: 'a longer name', value: 1, unit: 'MB' }]).split('\n')
  assert.equal(new Set(rows.map((row) => row.length)).size, 1)
})
