import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { BrokenBackupError, chunkBytes, contentKey, open, seal } from './container.ts'
import { decode, encode } from './records.ts'

const key = contentKey(Buffer.alloc(32, 7))
const header = JSON.stringify({ madeAt: '2026-11-22T08:00:00Z' })

async function* piecesOf(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function gathered(source: AsyncIterable<Buffer>): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of source) pieces.push(piece)
  return Buffer.concat(pieces)
}

const sealed = (content: Buffer, size = 70_000) => gathered(seal(header, key, piecesOf(content, size)))
async function opened(file: Buffer, size = 50_000): Promise<Buffer> {
  return gathered((await open(piecesOf(file, size))).content(key))
}

test('opens to what was sealed, whatever its length and however it comes', async () => {
  const lengths = [0, 1, chunkBytes - 1, chunkBytes, chunkBytes + 1, 3 * chunkBytes, 2 * chunkBytes + 77]
  for (const length of lengths) {
    const content = randomBytes(length)
    const file = await sealed(content, 1 + (length % 90_000))
    assert.equal((await open(piecesOf(file, 10))).header, header)
    assert.ok((await opened(file, 1000 + (length % 77_777))).equals(content), `${length} bytes`)
  }
})

test('does not open when any byte was changed, wherever it is cut, or with more behind it', async () => {
  const file = await sealed(randomBytes(chunkBytes + 500))
  await fc.assert(
    fc.asyncProperty(fc.nat(file.length - 1), fc.integer({ min: 1, max: 255 }), async (at, by) => {
      const changed = Buffer.from(file)
      changed[at] = (changed[at] as number) ^ by
      await assert.rejects(opened(changed), BrokenBackupError)
      await assert.rejects(opened(file.subarray(0, at)), BrokenBackupError)
    }),
    {
      numRuns: 60,
      examples: [
        [file.length - 1, 1],
        [chunkBytes, 1],
        [25, 2],
      ],
    },
  )
  await assert.rejects(opened(Buffer.concat([file, Buffer.from('x')])), BrokenBackupError)
  await assert.rejects(
    opened(await gathered(piecesOf(Buffer.from('PK\x03\x04 something else'), 3))),
    /no backup of Clientele/,
  )
})

test('does not open under another key, or with the header of another backup', async () => {
  const file = await sealed(Buffer.from('content'))
  const container = await open(piecesOf(file, 100))
  await assert.rejects(gathered(container.content(contentKey(Buffer.alloc(32, 8)))), BrokenBackupError)
  const other = Buffer.from(file.toString('latin1').replace('08:00', '09:00'), 'latin1')
  await assert.rejects(opened(other), BrokenBackupError)
})

test('records come out as they went in, and what is none is refused', async () => {
  const any = fc.array(fc.tuple(fc.constantFrom('T' as const, 'D' as const), fc.uint8Array({ maxLength: 300 })))
  await fc.assert(
    fc.asyncProperty(any, fc.integer({ min: 1, max: 400 }), async (records, size) => {
      const bytes = Buffer.concat(records.flatMap(([kind, content]) => encode(kind, Buffer.from(content))))
      const found: [string, number[]][] = []
      for await (const { kind, bytes: content } of decode(piecesOf(bytes, size))) found.push([kind, [...content]])
      assert.deepEqual(
        found,
        records.map(([kind, content]) => [kind, [...content]]),
      )
    }),
  )
  for (const broken of ['X\0\0\0\0', 'T\0\0\0\x05abc', 'T\0', 'T\xff\xff\xff\xff']) {
    const all = async () => {
      for await (const _ of decode(piecesOf(Buffer.from(broken, 'latin1'), 2)));
    }
    await assert.rejects(all(), BrokenBackupError, JSON.stringify(broken))
  }
})
