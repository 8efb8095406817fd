import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { buffer } from 'node:stream/consumers'
import { test } from 'node:test'
import { zip } from './zip.ts'

const text = 'a line of text\n'.repeat(50_000)

async function archive(entries: [string, string][]): Promise<Buffer> {
  return buffer(zip(entries.map(([name, content]) => ({ name, content: [Buffer.from(content)] }))))
}

test('the same content gives the same bytes, compressed, and another program reads them', async () => {
  const bytes = await archive([
    ['été/a.txt', text],
    ['empty', ''],
  ])
  assert.deepEqual(
    bytes,
    await archive([
      ['été/a.txt', text],
      ['empty', ''],
    ]),
  )
  assert.ok(bytes.length < text.length / 50)
  const directory = mkdtempSync(path.join(os.tmpdir(), 'clientele-zip-'))
  try {
    const file = path.join(directory, 'a.zip')
    writeFileSync(file, bytes)
    const script = `import zipfile, sys; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; open(sys.argv[2], 'wb').write(z.read('été/a.txt')); assert z.read('empty') == b''`
    try {
      execFileSync('python3', ['-c', script, file, path.join(directory, 'out')], { stdio: 'ignore' })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
      throw error
    }
    assert.equal(readFileSync(path.join(directory, 'out'), 'utf8'), text)
  } finally {
    rmSync(directory, { recursive: true })
  }
})

test('a content that fails ends the archive with its error, and a reader that stops ends the content', async () => {
  async function* failing() {
    yield Buffer.from('a')
    throw new Error('the source is gone')
  }
  await assert.rejects(buffer(zip([{ name: 'a', content: failing() }])), /the source is gone/)
  let isClosed = false
  async function* endless() {
    try {
      for (;;) yield Buffer.from(String(Math.random()).repeat(1000))
    } finally {
      isClosed = true
    }
  }
  for await (const bytes of zip([{ name: 'a', content: endless() }])) if (bytes.length > 1000) break
  while (!isClosed) await new Promise((resolve) => setImmediate(resolve))
  // Also one that stops at the header, before which the content has been begun.
  isClosed = false
  for await (const _header of zip([{ name: 'a', content: endless() }])) break
  while (!isClosed) await new Promise((resolve) => setImmediate(resolve))
})

/** Of the first entry: what its local header and its data descriptor say (APPNOTE.TXT 4.3.7, 4.3.9). */
function headerOf(bytes: Buffer) {
  const nameLength = bytes.readUInt16LE(26)
  const extra = bytes.subarray(30 + nameLength, 30 + nameLength + bytes.readUInt16LE(28))
  const at = bytes.indexOf(Buffer.from('504b0708', 'hex'))
  const next = bytes.indexOf(Buffer.from('504b0102', 'hex'))
  return {
    version: bytes.readUInt16LE(4),
    sizes: [bytes.readUInt32LE(18), bytes.readUInt32LE(22)],
    extra: extra.toString('hex'),
    descriptor: bytes.subarray(at, next),
  }
}

test('an entry whose descriptor has 64 bits says so in its local header, and one that is not large has neither', async () => {
  const long = 'x'.repeat(1024 * 1024 + 1)
  const small = headerOf(await archive([['small', 'x'.repeat(1024 * 1024)]]))
  assert.deepEqual([small.version, small.sizes, small.extra], [20, [0, 0], ''])
  assert.equal(small.descriptor.length, 16)
  const bytes = await archive([['long', long]])
  const header = headerOf(bytes)
  assert.deepEqual([header.version, header.sizes], [45, [0xffffffff, 0xffffffff]])
  assert.equal(header.extra, `01001000${'0'.repeat(32)}`)
  assert.equal(header.descriptor.length, 24)
  assert.equal(header.descriptor.readBigUInt64LE(16), BigInt(long.length))
  // Of a content of 5 GiB that is known beforehand nothing has to be read for it.
  const first = await zip([{ name: 'large', content: [], size: 5 * 1024 ** 3 }]).next()
  assert.equal((first.value as Buffer).readUInt16LE(4), 45)
  const known = headerOf(await buffer(zip([{ name: 'long', content: [Buffer.from(long)], size: long.length }])))
  assert.deepEqual([known.version, known.extra, known.descriptor.length], [20, '', 16])
  const classic = headerOf(await buffer(zip([{ name: 'long', content: [Buffer.from(long)] }], { classic: true })))
  assert.deepEqual([classic.version, classic.extra, classic.descriptor.length], [20, '', 16])
})

test('other programs read long entries', async () => {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'clientele-zip-'))
  try {
    const file = path.join(directory, 'long.zip')
    writeFileSync(
      file,
      await archive([
        ['long', 'x'.repeat(3_000_000)],
        ['short', 'y'],
      ]),
    )
    for (const [program, ...args] of [
      ['unzip', '-tqq', file],
      ['python3', '-c', 'import zipfile, sys; assert zipfile.ZipFile(sys.argv[1]).testzip() is None', file],
    ] as const) {
      try {
        execFileSync(program, args, { stdio: 'ignore' })
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      }
    }
  } finally {
    rmSync(directory, { recursive: true })
  }
})
