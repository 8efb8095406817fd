import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import type { ServicesFixture } from '../operations/services.fixture.ts'
import { openTestServices } from '../operations/services.fixture.ts'
import { FileStore } from './index.ts'

const mebibyte = 1024 * 1024
const fileBytes = 64 * mebibyte

let fixture: ServicesFixture
before(async () => {
  fixture = await openTestServices()
  await fixture.seed('mine')
})
after(() => fixture.close())

const residentBytes = () => process.memoryUsage.rss()

test('64 MiB go in and come out while the process grows by a fraction of it', async () => {
  const files = new FileStore({ ...fixture.services, maxBytes: fileBytes, tenantBytes: 1024 ** 4, scanner: null })
  const piece = randomBytes(mebibyte / 16)
  let peak = 0
  async function* content(length: number): AsyncGenerator<Buffer> {
    for (let sent = 0; sent < length; sent += piece.length) {
      peak = Math.max(peak, residentBytes())
      yield piece
    }
  }
  async function through(length: number): Promise<string> {
    const file = await files.write('mine', content(length))
    const opened = await files.open('mine', file.id)
    const hash = createHash('sha256')
    for await (const bytes of opened?.content ?? []) {
      peak = Math.max(peak, residentBytes())
      hash.update(bytes as Buffer)
    }
    assert.equal(hash.digest('hex'), file.sha256)
    return file.sha256
  }
  // What the process needs to begin with: code, connections, a few chunks that nobody has collected yet.
  await through(16 * mebibyte)
  const begun = peak
  await through(fileBytes)
  const grown = peak - begun
  assert.ok(grown < fileBytes / 2, `grew by ${Math.round(grown / mebibyte)} MiB`)
})
