/** An archive past the limits of 32 bits, as another program reads it. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import type { ZipEntry } from './zip.ts'
import { zip } from './zip.ts'

const gibibyte = 1024 ** 3
const size = 4 * gibibyte + 12_345
const zeros = Buffer.alloc(1024 * 1024)

function* nothingFor(bytes: number): Generator<Buffer> {
  for (let left = bytes; left > 0; left -= zeros.length) yield zeros.subarray(0, Math.min(left, zeros.length))
}

/** A file of this content that takes as much room as there is in it but zeros. */
async function writeSparse(file: string, content: AsyncIterable<Buffer>): Promise<number> {
  const handle = openSync(file, 'wx')
  const page = 16_384
  const empty = Buffer.alloc(page)
  let at = 0
  for await (const bytes of content) {
    for (let from = 0; from < bytes.length; from += page) {
      const end = Math.min(from + page, bytes.length)
      if (bytes.compare(empty, 0, end - from, from, end) !== 0) writeSync(handle, bytes, from, end - from, at + from)
    }
    at += bytes.length
  }
  ftruncateSync(handle, at)
  closeSync(handle)
  return at
}

const python = (script: string, ...args: string[]) => {
  const { status, stderr, error } = spawnSync('python3', ['-c', script, ...args], { encoding: 'utf8' })
  if (error && 'code' in error && error.code === 'ENOENT') return
  assert.equal(status, 0, stderr)
}

test('more than 4 GiB, in one entry and before the next, are read by another program', async (t) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'clientele-zip-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const large: ZipEntry[] = [
    { name: 'first', content: [Buffer.from('one')] },
    { name: 'large', content: nothingFor(size) },
    { name: 'behind it', content: [Buffer.from('two')] },
  ]
  const bytes = await writeSparse(path.join(folder, 'large.zip'), zip(large, { level: 0 }))
  assert.ok(bytes > size)
  python(
    `import zipfile, sys
z = zipfile.ZipFile(sys.argv[1])
assert z.namelist() == ['first', 'large', 'behind it']
assert z.getinfo('large').file_size == int(sys.argv[2])
assert z.read('first') == b'one' and z.read('behind it') == b'two'
with z.open('large') as content:
    n = 0
    while piece := content.read(1 << 24): n += len(piece)
assert n == int(sys.argv[2])  # and the CRC, at its end`,
    path.join(folder, 'large.zip'),
    String(size),
  )
})
