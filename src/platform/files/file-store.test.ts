import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import { BrokenChunkError } from '#kernel/chunk-encryption.ts'
import { UnitOfWork } from '../db/unit-of-work.ts'
import type { ServicesFixture } from '../operations/services.fixture.ts'
import { openTestServices } from '../operations/services.fixture.ts'
import { uploadChunkBytes as chunkBytes } from './file-writer.ts'
import type { StoredFile } from './index.ts'
import { FileStore } from './index.ts'

let fixture: ServicesFixture
let files: FileStore
before(async () => {
  fixture = await openTestServices()
  files = fixture.services.files
  await fixture.seed('mine')
  await fixture.seed('other')
})
after(() => fixture.close())

/** The bytes in pieces of the lengths given, over and over. */
async function* inPieces(bytes: Buffer, lengths: readonly number[]): AsyncGenerator<Buffer> {
  for (let offset = 0, i = 0; offset < bytes.length; i++) {
    const length = lengths[i % lengths.length] as number
    yield bytes.subarray(offset, offset + length)
    offset += length
  }
}

const whole = (bytes: Buffer) => inPieces(bytes, [bytes.length])
const place = ({ id }: StoredFile) => ['mine', id]
const rowsOf = (id: string) =>
  fixture.rows<{ table: string; n: number }>(
    `select 'files' as table, count(*)::int as n from files where id = $1
      union all select 'file_chunks', count(*)::int from file_chunks where file_id = $1 order by 1 desc`,
    [id],
  )
const nothing = [
  { table: 'files', n: 0 },
  { table: 'file_chunks', n: 0 },
]

async function read(id: string, tenantId = 'mine'): Promise<Buffer | null> {
  const opened = await files.open(tenantId, id)
  return opened && buffer(opened.content)
}

async function inTransaction<T>(work: (unit: UnitOfWork) => Promise<T>, tenantId = 'mine'): Promise<T> {
  const entrance = { text: 'select enter_tenant($1)', values: [tenantId] }
  const unit = new UnitOfWork(fixture.services.database, 'write', entrance)
  const result = await work(unit)
  await unit.complete()
  return result
}

describe('what was written', () => {
  test('is read again, whatever its length and the pieces it came in', async () => {
    const near = [0, 1, chunkBytes - 1, chunkBytes, chunkBytes + 1, 2 * chunkBytes, 3 * chunkBytes + 7]
    const pieces = fc.array(fc.integer({ min: 1, max: 2 * chunkBytes }), { minLength: 1, maxLength: 5 })
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...near), pieces, async (length, lengths) => {
        const bytes = randomBytes(length)
        // A few bytes at a time would take a piece for each.
        const coarse = lengths.map((one) => Math.max(one, 1000))
        const file = await files.write('mine', inPieces(bytes, coarse))
        assert.deepEqual(file, {
          id: file.id,
          size: length,
          sha256: createHash('sha256').update(bytes).digest('hex'),
          contentType: file.contentType,
          scan: 'not_scanned',
        })
        const opened = await files.open('mine', file.id)
        assert.deepEqual(opened?.file, file)
        assert.ok((await read(file.id))?.equals(bytes))
      }),
      { numRuns: 30 },
    )
  })

  test('stands in the database encrypted, under a key that stands there encrypted', async () => {
    const mark = 'a word that must not be found'
    const file = await files.write('mine', whole(Buffer.from(`${mark} `.repeat(20_000))))
    const [chunks] = await fixture.rows<{ found: boolean; n: number }>(
      'select bool_or(position($2::bytea in sealed) > 0) as found, count(*)::int as n from file_chunks where file_id = $1',
      [file.id, mark],
    )
    assert.deepEqual(chunks, { found: false, n: 3 })
    const [row] = await fixture.rows<{ data_key_ciphertext: string }>('select * from files where id = $1', [file.id])
    const key = fixture.services.secrets.decrypt(row?.data_key_ciphertext ?? '').toString()
    assert.equal(Buffer.from(key, 'base64').length, 32)
  })

  test('is not there for another tenant', async () => {
    const file = await files.write('mine', whole(Buffer.from('mine')))
    assert.equal(await read(file.id, 'other'), null)
    await files.discard('other', file.id)
    assert.equal(await inTransaction((unit) => files.keep(unit.tx, 'other', file.id), 'other'), null)
    assert.equal((await read(file.id))?.toString(), 'mine')
  })
})

describe('a stored content that was changed', () => {
  const content = randomBytes(3 * chunkBytes + 5)
  const flip = (number: number) =>
    `update file_chunks set sealed = set_byte(sealed, 9, get_byte(sealed, 9) # 1) where file_id = $1 and number = ${number}`
  const changes: Record<string, string> = {
    'one bit of the first chunk': flip(0),
    'one bit of the last chunk': flip(3),
    'the last chunk cut off, and the size made to fit': `
      with gone as (delete from file_chunks where file_id = $1 and number = 3)
      update files set size = 3 * ${chunkBytes} where id = $1`,
    'a chunk in the middle left out': 'delete from file_chunks where file_id = $1 and number = 1',
    'two chunks in each other’s place': `
      update file_chunks c set sealed = o.sealed from file_chunks o
       where c.file_id = $1 and o.file_id = $1 and c.number in (1, 2) and o.number = 3 - c.number`,
    'a size of a chunk less': 'update files set size = size - 5 where id = $1',
    'a size of a byte more': 'update files set size = size + 1 where id = $1',
  }
  for (const [what, statement] of Object.entries(changes)) {
    test(`is not given out: ${what}`, async () => {
      const file = await files.write('mine', whole(content))
      const other = await files.write('mine', whole(content))
      await fixture.owner.query(statement, [file.id])
      await assert.rejects(read(file.id), BrokenChunkError)
      assert.ok((await read(other.id))?.equals(content))
    })
  }

  test('is not given out as another file, of this tenant or of another', async () => {
    const [one, two] = [await files.write('mine', whole(content)), await files.write('mine', whole(content))]
    await fixture.owner.query(
      'update files f set data_key_ciphertext = o.data_key_ciphertext from files o where f.id = $1 and o.id = $2',
      [one.id, two.id],
    )
    await fixture.owner.query(
      'update file_chunks c set sealed = o.sealed from file_chunks o where c.file_id = $1 and o.file_id = $2 and o.number = c.number',
      [one.id, two.id],
    )
    await assert.rejects(read(one.id), BrokenChunkError)
    await fixture.owner.query(
      `with moved as (insert into files select 'other', id, data_key_ciphertext, chunk_bytes, size, sha256, content_type, scan
          from files where id = $1)
        insert into file_chunks select 'other', file_id, number, sealed from file_chunks where file_id = $1`,
      [two.id],
    )
    await assert.rejects(read(two.id, 'other'), BrokenChunkError)
  })
})

describe('nothing stays', () => {
  const ids = async () => (await fixture.rows<{ id: string }>('select id from files order by id')).map(({ id }) => id)

  test('of a content that fails while it comes', async () => {
    for (const length of [0, 10, chunkBytes + 1, 3 * chunkBytes]) {
      const before = await ids()
      const failing = async function* () {
        yield* inPieces(randomBytes(length), [100_000])
        throw new Error('the sender is gone')
      }
      await assert.rejects(files.write('mine', failing()), /the sender is gone/)
      assert.deepEqual(await ids(), before)
    }
  })

  test('of a content that is larger than allowed: by the platform, or by the caller', async () => {
    const before = await ids()
    const small = new FileStore({
      ...fixture.services,
      maxBytes: chunkBytes + 1,
      tenantBytes: 1024 ** 4,
      scanner: null,
    })
    const tooLarge = { code: 'body_too_large', message: `The file is larger than ${chunkBytes + 1} bytes.` }
    await assert.rejects(small.write('mine', inPieces(randomBytes(chunkBytes + 2), [1000])), tooLarge)
    await assert.rejects(files.write('mine', whole(randomBytes(6)), { maxBytes: 5 }), { code: 'body_too_large' })
    assert.deepEqual(await ids(), before)
    assert.equal((await small.write('mine', inPieces(randomBytes(chunkBytes + 1), [1000]))).size, chunkBytes + 1)
  })

  test('of a content whose last part the database does not take', async () => {
    const before = await ids()
    const source = async function* () {
      // The second chunk is sent once the first one has been stored.
      yield randomBytes(2 * chunkBytes + 1)
      await fixture.owner.query(`update files set expires_at = now() - interval '1 s' where size is null`)
      await fixture.owner.query('select delete_expired_files(10)')
    }
    await assert.rejects(files.write('mine', source()), { code: '23503' })
    assert.deepEqual(await ids(), before)
  })

  test('of a file that nothing owns, after its hour; what is owned or young stays', async () => {
    const [kept, young, old] = await Promise.all([1, 2, 3].map(() => files.write('mine', whole(randomBytes(300_000)))))
    assert.ok(kept && young && old)
    await inTransaction((unit) => files.keep(unit.tx, 'mine', kept.id))
    await fixture.owner.query(`update files set expires_at = now() - interval '1 s' where id = $1`, [old.id])
    assert.equal(await read(old.id), null)
    await fixture.owner.query('select delete_expired_files(5000)')
    assert.deepEqual(await rowsOf(old.id), nothing)
    assert.equal((await read(young.id))?.length, 300_000)
    assert.equal((await read(kept.id))?.length, 300_000)
  })

  test('of a file that was discarded, unless something owns it by then', async () => {
    const [one, two] = [
      await files.write('mine', whole(randomBytes(9))),
      await files.write('mine', whole(randomBytes(9))),
    ]
    await inTransaction((unit) => files.keep(unit.tx, 'mine', two.id))
    await files.discard('mine', one.id)
    await files.discard('mine', two.id)
    assert.deepEqual(await rowsOf(one.id), nothing)
    assert.equal((await read(two.id))?.length, 9)
    await inTransaction((unit) => files.remove(unit.tx, 'mine', two.id))
    assert.deepEqual(await rowsOf(two.id), nothing)
  })
})

test('a file is kept once, and only when it is whole', async () => {
  const file = await files.write('mine', whole(Buffer.from('content')))
  assert.deepEqual(await inTransaction((unit) => files.keep(unit.tx, 'mine', file.id)), file)
  assert.equal(await inTransaction((unit) => files.keep(unit.tx, 'mine', file.id)), null)
  await fixture.owner.query(
    `insert into files (tenant_id, id, data_key_ciphertext, chunk_bytes, expires_at) values ('mine', 'unfinished', '-', 1, now() + interval '1 h')`,
  )
  assert.equal(await inTransaction((unit) => files.keep(unit.tx, 'mine', 'unfinished')), null)
  assert.equal(await read('unfinished'), null)
})

test('a file that is deleted while it is read ends the reading with an error', async () => {
  const file = await files.write('mine', whole(randomBytes(8 * chunkBytes)))
  const opened = await files.open('mine', file.id)
  const reading = async () => {
    let length = 0
    for await (const bytes of opened?.content ?? Readable.from([])) {
      if (length === 0) await inTransaction((unit) => files.remove(unit.tx, ...(place(file) as [string, string])))
      length += (bytes as Buffer).length
    }
  }
  await assert.rejects(reading(), BrokenChunkError)
})
