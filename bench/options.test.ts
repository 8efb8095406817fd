import assert from 'node:assert/strict'
import { test } from 'node:test'
import { measurements, parseOptions, UsageError } from './options.ts'

test('measures everything when nothing is said', () => {
  const options = parseOptions([])
  assert.deepEqual([...options.only], [...measurements])
  assert.equal(options.pin, 'shared')
  assert.equal(options.json, false)
})

test('takes a list of measurements, and numbers', () => {
  const options = parseOptions(['--only', 'get,post', '--seconds', '2', '--rounds=3', '--pin', 'split', '--json'])
  assert.deepEqual([...options.only], ['get', 'post'])
  assert.deepEqual([options.seconds, options.rounds, options.pin, options.json], [2, 3, 'split', true])
})

test('refuses what it does not know instead of measuring something else', () => {
  for (const args of [['--only', 'gte'], ['--seconds', '0'], ['--rounds', '1.5'], ['--pin', 'all'], ['--fast']]) {
    assert.throws(() => parseOptions(args), UsageError, args.join(' '))
  }
})
