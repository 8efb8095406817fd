import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { writeGroups } from '../support/test-groups.ts'

test('files that share a process have their hooks to themselves, and each ends before the next begins', async (t) => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'clientele-groups-'))
  t.after(() => rm(folder, { recursive: true }))
  const files = await Promise.all(
    ['a', 'b'].map(async (name) => {
      const file = path.join(folder, `${name}.test.ts`)
      await writeFile(
        file,
        `import { after, before, beforeEach, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
const say = async (what: string): Promise<void> => { await turn(); console.error('${name} ' + what) }
before(() => say('before'))
beforeEach(() => say('each'))
after(() => say('after'))
test('one', () => say('one'))
test('two', () => say('two'))
`,
      )
      return file
    }),
  )
  const group = writeGroups([files])
  t.after(group.remove)
  // Not as a part of this run, which the variable would make it.
  const { NODE_TEST_CONTEXT: _part, ...env } = process.env
  const { stderr } = await promisify(execFile)(process.execPath, group.files, { env })
  const said = stderr.split('\n').filter((line) => /^[ab] /.test(line))
  const ofOne = ['before', 'each', 'one', 'each', 'two', 'after']
  assert.deepEqual(said, [...ofOne.map((what) => `a ${what}`), ...ofOne.map((what) => `b ${what}`)])
})

test('a process ends though a test left something open, and tells of all its tests', async (t) => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'clientele-groups-'))
  t.after(() => rm(folder, { recursive: true }))
  const file = path.join(folder, 'many.test.ts')
  await writeFile(
    file,
    `import { test } from 'node:test'
test('leaves a timer', () => void setInterval(() => {}, 1000))
for (let i = 0; i < 199; i++) test('quick ' + i, () => {})
`,
  )
  const { NODE_TEST_CONTEXT: _part, ...env } = process.env
  const end = `--import=${path.join(import.meta.dirname, '../support/end-of-tests.ts')}`
  const { stdout } = await promisify(execFile)(process.execPath, [end, '--test', file], { env })
  assert.match(stdout, /^ℹ tests 200$/m)
  assert.match(stdout, /^ℹ pass 200$/m)
})
