/** Forms as no honest program sends them: each gets its answer, and nothing of it stays. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { assertPrintedBy } from '#test/support/contract-errors.ts'
import { formOf, partsOf } from '#test/support/form.ts'
import { parseAnswer, rawRequest, sendRaw } from '#test/support/raw-http.ts'
import type { Partner } from './upload.fixture.ts'
import { attribute, countFiles, file, good, maxFileBytes, noFile, pdf, startPartner, upload } from './upload.fixture.ts'

let partner: Partner
before(async () => {
  partner = await startPartner()
})
after(() => partner.app.close())

const boundary = /boundary=(.*)$/.exec(good.type)?.[1]

type Sent = { status: number; message: string }

/** Sends the body as it is and gives the answer, which must be one of the contract; nothing may stay of it. */
async function send(
  what: string,
  body: Buffer | string,
  type = good.type,
  headers: Record<string, string> = {},
): Promise<Sent> {
  const before = await countFiles(partner)
  const bytes = rawRequest(
    'POST',
    partner.address,
    { 'x-api-key': partner.apiKey, 'content-type': type, ...headers },
    body,
  )
  const answer = parseAnswer(await sendRaw(partner.app.url, bytes))
  assertPrintedBy('partnerb2b', answer, what)
  assert.equal(await countFiles(partner), before, what)
  return { status: answer.status, message: (answer.body as { error: { message: string } }).error.message }
}

const text = (form: { body: Buffer }) => form.body.toString('latin1')
const bytes = (latin1: string) => Buffer.from(latin1, 'latin1')
const unreadable = 'The body cannot be read as multipart/form-data, or ended too early.'
const tooMany = 'The form has too many parts: send one file and at most 20 fields.'

describe('a form that is none is refused with a word on why', () => {
  const head = (line: string) => bytes(`--${boundary}\r\n${line}\r\n\r\ncontent\r\n--${boundary}--\r\n`)
  const cases: [what: string, body: Buffer | string, expected: [status: number, message: string], type?: string][] = [
    ['no boundary', good.body, [400, unreadable], 'multipart/form-data'],
    ['an empty boundary', good.body, [400, noFile], 'multipart/form-data; boundary='],
    ['another boundary', good.body, [400, unreadable], 'multipart/form-data; boundary=other'],
    ['a boundary of a kilobyte', good.body, [400, unreadable], `multipart/form-data; boundary=${'x'.repeat(1024)}`],
    ['no form at all', 'anything', [400, unreadable]],
    [
      'JSON',
      JSON.stringify({ attribute: 'bank_statement' }),
      [415, 'Send the body as multipart/form-data.'],
      'application/json',
    ],
    [
      'a type that only begins so',
      good.body,
      [415, 'Send the body as multipart/form-data.'],
      'multipart/form-datax; boundary=x',
    ],
    ['no part', bytes(`--${boundary}--\r\n`), [400, noFile]],
    ['no file', partsOf([attribute]).body, [400, noFile]],
    ['a file under another name', partsOf([attribute, { ...file, name: 'document' }]).body, [400, noFile]],
    [
      'a file under another name, and then one',
      partsOf([{ ...file, name: 'other' }, attribute, file]).body,
      [400, noFile],
    ],
    ['the file as a field', partsOf([attribute, { name: 'file', content: 'text' }]).body, [400, noFile]],
    ['no attribute', partsOf([file]).body, [400, 'The request does not fit: see the details.']],
    [
      'an attribute under another name',
      partsOf([{ ...attribute, name: 'Attribute' }, file]).body,
      [400, 'The request does not fit: see the details.'],
    ],
    [
      'an empty attribute',
      partsOf([{ ...attribute, content: '' }, file]).body,
      [400, 'The request does not fit: see the details.'],
    ],
    [
      'an attribute that is JSON',
      partsOf([{ ...attribute, content: '{"a": 1}', type: 'application/json' }, file]).body,
      [400, 'The request does not fit: see the details.'],
    ],
    [
      'an attribute that is broken JSON',
      partsOf([{ ...attribute, content: '{"a"', type: 'application/json' }, file]).body,
      [400, unreadable],
    ],
    [
      'an attribute of 100 KB',
      partsOf([{ ...attribute, content: 'a'.repeat(100_000) }, file]).body,
      [400, 'A field has more than 8192 bytes.'],
    ],
    ['the attribute twice', partsOf([attribute, attribute, file]).body, [400, 'A field of the form is there twice.']],
    ['two files', partsOf([attribute, file, file]).body, [400, tooMany]],
    [
      'two files of which the second has another name',
      partsOf([attribute, file, { ...file, name: 'other' }]).body,
      [400, tooMany],
    ],
    [
      'a thousand fields',
      partsOf([...Array.from({ length: 1000 }, (_, i) => ({ name: `f${i}`, content: 'x' })), file]).body,
      [400, tooMany],
    ],
    [
      'a field called like the prototype',
      partsOf([{ name: '__proto__', content: 'x' }, attribute, file]).body,
      [400, unreadable],
    ],
    [
      'a field called constructor',
      partsOf([{ name: 'constructor', content: 'x' }, attribute, file]).body,
      [400, unreadable],
    ],
    ['a file called like the prototype', partsOf([attribute, { ...file, name: '__proto__' }]).body, [400, unreadable]],
    ['a part without headers', bytes(`--${boundary}\r\n\r\ncontent\r\n--${boundary}--\r\n`), [400, noFile]],
    ['a part that is no form-data', head('Content-Disposition: attachment; name="file"; filename="x"'), [400, noFile]],
    ['a file without a name', head('Content-Disposition: form-data; filename="x"'), [400, noFile]],
    ['a field without a name', head('Content-Disposition: form-data'), [400, 'A part of the form has no name.']],
    [
      'part headers of 200 KB',
      head(`X-Odd: ${'a'.repeat(200_000)}\r\nContent-Disposition: form-data; name="file"; filename="x"`),
      [400, noFile],
    ],
    [
      'ten thousand part headers',
      head(`${'X-Odd: a\r\n'.repeat(10_000)}Content-Disposition: form-data; name="file"; filename="x"`),
      [400, noFile],
    ],
    ['a line break in the name', head('Content-Disposition: form-data; name="fi\rle"; filename="x"'), [400, noFile]],
  ]
  for (const [what, body, expected, type] of cases) {
    test(what, async () => {
      const { status, message } = await send(what, body, type)
      assert.deepEqual([status, message], expected)
    })
  }

  test('one that ends anywhere before its end', async () => {
    const whole = text(partsOf([attribute, { ...file, content: pdf(20) }]))
    // Behind the last boundary only the line break is missing.
    for (let length = 1; length < whole.lastIndexOf('--\r\n'); length += 7) {
      const { status } = await send(`cut at ${length}`, bytes(whole.slice(0, length)))
      assert.equal(status, 400, `cut at ${length}`)
    }
  })
})

describe('a file above the limit is refused', () => {
  const tooLarge = { status: 413, message: `The file is larger than ${maxFileBytes} bytes.` }

  test('at once where the length is announced', async () => {
    const headers = { 'content-length': String(10 * 1024 ** 3) }
    assert.deepEqual(await send('10 GB announced', '', good.type, headers), tooLarge)
  })

  test('when it gets there, in chunks or in a form that is hardly larger', async () => {
    const { body, type } = partsOf([attribute, { ...file, content: pdf(maxFileBytes) }])
    assert.deepEqual(await send('slightly more', body), tooLarge)
    const chunks = [body.subarray(0, 300_000), body.subarray(300_000)]
    const chunked = Buffer.concat([
      rawRequest('POST', partner.address, {
        'x-api-key': partner.apiKey,
        'content-type': type,
        'transfer-encoding': 'chunked',
      }),
      ...chunks.flatMap((one) => [Buffer.from(`${one.length.toString(16)}\r\n`), one, Buffer.from('\r\n')]),
      Buffer.from('0\r\n\r\n'),
    ])
    const answer = parseAnswer(await sendRaw(partner.app.url, chunked))
    assert.equal(answer.status, 413)
    assertPrintedBy('partnerb2b', answer, 'chunked')
  })

  test('and one of exactly the limit is taken', async () => {
    const content = pdf(maxFileBytes - 9)
    assert.equal(content.length, maxFileBytes)
    const { body, type } = formOf({ attribute: 'bank_statement' }, { file: content })
    const answer = await upload(partner, body, type)
    assert.equal(answer.status, 201, answer.text)
  })
})
