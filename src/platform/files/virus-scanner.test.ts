import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import type { TestContext } from 'node:test'
import { after, before, describe, test } from 'node:test'
import type { ServicesFixture } from '../operations/services.fixture.ts'
import { openTestServices } from '../operations/services.fixture.ts'
import { eicar, startTestScanner } from './clamd.fixture.ts'
import { FileStore, InfectedFileError, parseScannerAddress, VirusScanner } from './index.ts'

let fixture: ServicesFixture
before(async () => {
  fixture = await openTestServices()
  await fixture.seed('mine')
})
after(() => fixture.close())

type Behaviour = Parameters<typeof startTestScanner>[0]

async function storeWithScanner(t: TestContext, behaviour: Behaviour = {}, silenceMs = 5_000) {
  const scanner = await startTestScanner(behaviour)
  t.after(() => scanner.stop())
  const options = {
    ...fixture.services,
    maxBytes: 64 * 1024 ** 2,
    tenantBytes: 1024 ** 4,
    scanner: new VirusScanner(scanner.address, { silenceMs }),
  }
  return { scanner, files: new FileStore(options) }
}

async function* pieces(bytes: Buffer, length = 70_000): AsyncGenerator<Buffer> {
  for (let offset = 0; offset < bytes.length; offset += length) yield bytes.subarray(offset, offset + length)
}

const stored = async () => Number((await fixture.rows<{ n: string }>('select count(*) as n from files'))[0]?.n)
const unavailable = { code: 'unavailable', kind: 'unavailable', retryAfterSeconds: 30 }

describe('with a scanner', () => {
  test('what it finds nothing in is stored as clean, and it has seen every byte', async (t) => {
    const { files, scanner } = await storeWithScanner(t)
    for (const content of [Buffer.alloc(0), Buffer.from('x'), randomBytes(1_000_000)]) {
      const file = await files.write('mine', pieces(content))
      assert.equal(file.scan, 'clean')
      assert.ok(scanner.scanned.at(-1)?.equals(content))
      const opened = await files.open('mine', file.id)
      assert.ok(opened && (await buffer(opened.content)).equals(content))
    }
  })

  test('what it finds something in is refused with the name of it, and nothing stays', async (t) => {
    const { files } = await storeWithScanner(t)
    const before = await stored()
    for (const content of [Buffer.from(eicar), Buffer.concat([randomBytes(600_000), Buffer.from(eicar)])]) {
      await assert.rejects(files.write('mine', pieces(content)), (error) => {
        assert.ok(error instanceof InfectedFileError)
        assert.equal(error.signature, 'Eicar-Test-Signature')
        return true
      })
    }
    assert.equal(await stored(), before)
  })
})

describe('nothing is stored and the caller may try again later', () => {
  const behaviours: Record<string, Behaviour> = {
    'when the scanner takes less than the file': { mostBytes: 100_000 },
    'when the scanner reports an error': { answer: 'stream: Can not open file ERROR' },
    'when the answer is none that is known': { answer: 'stream: OK or so' },
    'when the answer has no end': { answer: 'x'.repeat(10_000) },
    'when the scanner closes in the middle': { closesAfterBytes: 100_000 },
    'when the scanner says nothing': { answer: null },
  }
  for (const [when, behaviour] of Object.entries(behaviours)) {
    test(when, async (t) => {
      const { files } = await storeWithScanner(t, behaviour, 200)
      const before = await stored()
      await assert.rejects(files.write('mine', pieces(randomBytes(1_000_000))), unavailable)
      assert.equal(await stored(), before)
    })
  }

  test('when the scanner cannot be reached: before a byte is asked for', async () => {
    const scanner = await startTestScanner()
    await scanner.stop()
    const files = new FileStore({
      ...fixture.services,
      maxBytes: 10,
      tenantBytes: 1024 ** 4,
      scanner: new VirusScanner(scanner.address),
    })
    let asked = false
    const source = async function* () {
      asked = true
      yield Buffer.from('x')
    }
    await assert.rejects(files.write('mine', source()), unavailable)
    assert.equal(asked, false)
  })
})

test('a sender that goes away ends the scan too', async (t) => {
  const { files, scanner } = await storeWithScanner(t)
  const failing = async function* () {
    yield randomBytes(300_000)
    throw new Error('the sender is gone')
  }
  await assert.rejects(files.write('mine', failing()), /the sender is gone/)
  assert.deepEqual(scanner.scanned, [])
})

test('the scanner’s address is a host and port, or a socket’s path, and nothing else', () => {
  const addresses: [string, object][] = [
    ['clamd://scanner.example:3311', { host: 'scanner.example', port: 3311 }],
    ['clamd://127.0.0.1', { host: '127.0.0.1', port: 3310 }],
    ['clamd://[::1]:3310/', { host: '::1', port: 3310 }],
    ['unix:/run/clamav/clamd.ctl', { path: '/run/clamav/clamd.ctl' }],
    ['unix:///run/clamav/clamd.ctl', { path: '/run/clamav/clamd.ctl' }],
  ]
  for (const [text, address] of addresses) assert.deepEqual(parseScannerAddress(text), address)
  for (const text of [
    '',
    'clamd://',
    'clamd://user@host',
    'clamd://host/path',
    'http://host',
    'unix:relative',
    '/run/x',
    'clamd://host:x',
  ]) {
    assert.throws(() => parseScannerAddress(text), RangeError, text)
  }
})
