import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { contentDisposition } from './file-answers.ts'

test('a file is an attachment with its name, and with both spellings where the name is not ASCII', () => {
  assert.equal(contentDisposition('bank_statement-12.pdf'), 'attachment; filename="bank_statement-12.pdf"')
  assert.equal(
    contentDisposition("relevé d'été.pdf"),
    `attachment; filename="relev_ d__t_.pdf"; filename*=UTF-8''relev%C3%A9%20d%27%C3%A9t%C3%A9.pdf`,
  )
})

test('no name breaks out of the header', () => {
  const name = fc.string({ unit: 'binary', maxLength: 60 })
  const form = /^attachment; filename="[\w .()-]*"(?:; filename\*=UTF-8''(?:[\w.~!-]|%[0-9A-F]{2})*)?$/
  fc.assert(fc.property(name, (given) => form.test(contentDisposition(given))))
})
