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
})
