import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { describe, test } from 'node:test'
import { deflateRawSync, deflateSync } from 'node:zlib'
import fc from 'fast-check'
import { processorMs } from '#test/support/processor-time.ts'
import { detectContentType, sampleBytes } from './content-type.ts'

const detect = (content: Buffer | string, isWhole = true) => detectContentType(Buffer.from(content), isWhole)

/** A ZIP of one entry, as office documents begin. */
function zipOf(name: string, content: string): Buffer {
  const data = deflateRawSync(content)
  const header = Buffer.alloc(30)
  header.write('PK\x03\x04', 'latin1')
  header.writeUInt16LE(20, 4)
  header.writeUInt16LE(8, 8)
  header.writeUInt32LE(data.length, 18)
  header.writeUInt32LE(content.length, 22)
  header.writeUInt16LE(name.length, 26)
  return Buffer.concat([header, Buffer.from(name), data])
}

const png = Buffer.from('89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489', 'hex')
const jpeg = Buffer.from('ffd8ffe000104a46494600010100000100010000', 'hex')
const pdf = '%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n'

describe('a content is recognized by its bytes', () => {
  const contents: [what: string, content: Buffer | string, type: string][] = [
    ['a PDF', pdf, 'application/pdf'],
    ['a PNG', png, 'image/png'],
    ['a JPEG', jpeg, 'image/jpeg'],
    ['a ZIP', zipOf('anything.txt', 'text'), 'application/zip'],
    ['a program', Buffer.from('4d5a90000300000004000000ffff0000', 'hex'), 'application/x-msdownload'],
    ['plain text', 'Bonjour,\nvoilà le relevé.\n', 'text/plain'],
    ['text with a byte order mark', '\ufeffBonjour', 'text/plain'],
    ['UTF-16', Buffer.from('\ufeffBonjour', 'utf16le'), 'text/plain'],
    ['Windows-1252', Buffer.from('Montant : 12 \x80 d\xe9bit\n', 'latin1'), 'text/plain'],
    ['JSON', '{"a": [1, 2]}', 'application/json'],
    ['comma-separated values', 'name,city\nDupont,Lyon\n', 'text/csv'],
    ['semicolon-separated values with quotes', 'nom;ville\r\n"Dupont; fils";Lyon\r\n', 'text/csv'],
    ['HTML', '<!DOCTYPE html><script>alert(1)</script>', 'text/html'],
    ['HTML behind a comment', '<!-- x -->\n<html>', 'text/html'],
    ['SVG', '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', 'text/html'],
    ['XML', '<?xml version="1.0"?><a/>', 'application/xml'],
    ['zeros', Buffer.alloc(100), 'application/octet-stream'],
    ['text with a control character', 'abc\u0007def', 'application/octet-stream'],
    ['compressed bytes', deflateSync('a'.repeat(1000)), 'application/octet-stream'],
    ['nothing', '', 'application/x-empty'],
  ]
  for (const [what, content, type] of contents) {
    test(what, async () => assert.equal(await detect(content), type))
  }
})

test('a PDF’s name or announcement in another content makes no PDF of it', async () => {
  assert.notEqual(await detect('statement.pdf application/pdf'), 'application/pdf')
  assert.notEqual(await detect(` ${pdf}`), 'application/pdf')
})

test('text that the sample cuts inside of a character is text', async () => {
  const long = Buffer.from('é'.repeat(sampleBytes))
  assert.equal(await detectContentType(long.subarray(0, sampleBytes - 1), false), 'text/plain')
})

test('text that goes on behind the sample is not judged by its last, unfinished line', async () => {
  assert.equal(await detect('a;b\n1;2\n3;4\n5', false), 'text/csv')
  assert.equal(await detect('{"a": 1}', false), 'text/plain')
})

test('a content made to be slow to judge is judged at once', async () => {
  const started = processorMs()
  for (const hostile of ['<!---->', '<!--', '"', '"",', '{"a":', '[', '<!-- -->\n', 'a,"'] as const) {
    await detect(hostile.repeat(sampleBytes / hostile.length))
  }
  assert.ok(processorMs() - started < 2000)
})

test('every content has a type, also one that begins like something else and goes on as noise, and soon', async () => {
  const license = await readFile('LICENSE')
  const beginnings = [
    png,
    jpeg,
    Buffer.from(pdf),
    zipOf('[Content_Types].xml', '<Types>'),
    Buffer.from('ID3'),
    license,
  ].map((one) => one.subarray(0, 40))
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(Buffer.alloc(0), ...beginnings),
      fc.uint8Array({ maxLength: 2000 }),
      fc.boolean(),
      async (beginning, noise, isWhole) => {
        const started = processorMs()
        assert.match(await detectContentType(Buffer.concat([beginning, noise]), isWhole), /^[a-z]+\/[\w.+-]+$/)
        assert.ok(processorMs() - started < 1000)
      },
    ),
    { numRuns: 500 },
  )
})
