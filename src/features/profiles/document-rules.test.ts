import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judgeFile } from './document-rules.ts'

const attribute = { type: 'file', acceptedFormat: 'pdf', maxSize: null } as const
const pdf = { contentType: 'application/pdf', size: 1000 }
const codeOf = (...given: Parameters<typeof judgeFile>) => judgeFile(...given)?.code ?? null

test('takes the accepted formats, however many and whichever way an ending is spelt', () => {
  assert.equal(judgeFile(attribute, pdf), null)
  for (const acceptedFormat of ['jpg', 'jpeg', 'png,jpg', 'pdf, jpeg']) {
    assert.equal(
      judgeFile({ ...attribute, acceptedFormat }, { ...pdf, contentType: 'image/jpeg' }),
      null,
      acceptedFormat,
    )
  }
  assert.equal(judgeFile({ ...attribute, acceptedFormat: 'txt' }, { ...pdf, contentType: 'text/csv' }), null)
})

test('refuses any other content, also where the accepted format is one that nobody knows', () => {
  for (const contentType of ['image/png', 'text/html', 'application/octet-stream', 'application/x-empty']) {
    assert.equal(codeOf(attribute, { ...pdf, contentType }), 'attribute_type', contentType)
  }
  assert.equal(
    codeOf({ ...attribute, acceptedFormat: 'exe' }, { ...pdf, contentType: 'application/x-msdownload' }),
    'attribute_type',
  )
})

test('takes PDF and images where the attribute says nothing, and nothing else', () => {
  const any = { ...attribute, acceptedFormat: null }
  for (const contentType of ['application/pdf', 'image/png', 'image/jpeg', 'image/webp', 'image/heic', 'image/tiff']) {
    assert.equal(judgeFile(any, { ...pdf, contentType }), null, contentType)
  }
  for (const contentType of ['text/html', 'application/xml', 'application/zip', 'text/plain', 'image/svg+xml']) {
    assert.equal(codeOf(any, { ...pdf, contentType }), 'attribute_type', contentType)
  }
})

test('refuses what is a byte too large, and takes what is not', () => {
  assert.equal(judgeFile({ ...attribute, maxSize: 1000 }, pdf), null)
  assert.equal(codeOf({ ...attribute, maxSize: 999 }, pdf), 'attribute_value')
})

test('refuses every file for an attribute that takes none', () => {
  for (const type of ['string', 'choice', 'boolean'] as const) {
    assert.equal(codeOf({ ...attribute, type }, pdf), 'attribute_type')
  }
})
