import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sirenOf } from './produce.ts'

const refused = { code: 'fec_siren_refused' }

test('the SIREN is the company’s; a request may repeat it, or name it where the company has none', () => {
  assert.equal(sirenOf({ siren: '732829320' }, undefined), '732829320')
  assert.equal(sirenOf({ siren: '732829320' }, '732829320'), '732829320')
  assert.equal(sirenOf({ siren: null }, '732829320'), '732829320')
})

test('another company’s SIREN, one with a wrong check digit and none at all are refused', () => {
  assert.throws(() => sirenOf({ siren: '732829320' }, '356000000'), refused)
  assert.throws(() => sirenOf({ siren: null }, '123456789'), refused)
  assert.throws(() => sirenOf({ siren: null }, undefined), refused)
})
