import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chownSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, beforeEach, test } from 'node:test'
import { promisify } from 'node:util'
import { generateFernetKey } from '#kernel/fernet.ts'
import { addMasterKey, dropOldMasterKeys, MasterKeys, masterKeyFile } from './master-keys.ts'

const root = mkdtempSync(path.join(tmpdir(), 'clientele-keys-test-'))
after(() => rmSync(root, { recursive: true }))
let dataDir: string
let file: string
beforeEach(() => {
  dataDir = mkdtempSync(path.join(root, 'data-'))
  file = masterKeyFile(dataDir)
})

test('makes a key at the first start, readable by its owner only, and finds it at the next', () => {
  const token = new MasterKeys({ dataDir }).encrypt('secret')
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.deepEqual(readdirSync(dataDir), ['master.keys'])
  assert.equal(new MasterKeys({ dataDir }).decrypt(token).toString(), 'secret')
})

test('opens at once what another process encrypted under a key added a moment ago', () => {
  const server = new MasterKeys({ dataDir })
  const before = server.encrypt('before')
  addMasterKey(file)
  const after = new MasterKeys({ dataDir }).encrypt('after')
  assert.equal(server.decrypt(after).toString(), 'after')
  assert.equal(server.decrypt(before).toString(), 'before')
})

test('keeps what the old key encrypted readable until it is dropped, and not after', () => {
  const keys = new MasterKeys({ dataDir })
  const token = keys.encrypt('secret')
  addMasterKey(file)
  keys.reload()
  assert.equal(keys.current.fingerprints().length, 2)
  assert.equal(keys.current.isCurrent(token), false)
  assert.equal(dropOldMasterKeys(file), 1)
  assert.throws(() => new MasterKeys({ dataDir }).decrypt(token), { code: 'content_lost' })
})

test("leaves the file to the server's user when root changes it", { skip: process.getuid?.() !== 0 }, () => {
  new MasterKeys({ dataDir })
  chownSync(file, 65_534, 65_534)
  addMasterKey(file)
  const { uid, gid, mode } = statSync(file)
  assert.deepEqual({ uid, gid, mode: mode & 0o777 }, { uid: 65_534, gid: 65_534, mode: 0o600 })
})

test('says which line of the file is no key, without showing it', () => {
  new MasterKeys({ dataDir })
  writeFileSync(file, `${readFileSync(file, 'utf8')}hunter2hunter2\n`)
  assert.throws(
    () => new MasterKeys({ dataDir }),
    (error) =>
      error instanceof Error && error.message.startsWith(`${file}: key 2 of 2`) && !error.message.includes('hunter'),
  )
})

test('first starts at the same moment make one key, and each opens what the other encrypts', async () => {
  const module = JSON.stringify(new URL('master-keys.ts', import.meta.url))
  const start = `const { MasterKeys } = await import(${module});
    const startAt = Number(process.argv[2]); while (Date.now() < startAt);
    process.stdout.write(new MasterKeys({ dataDir: process.argv[1] }).encrypt('secret'))`
  const starts = Array.from({ length: 4 }, () =>
    promisify(execFile)(process.execPath, ['--input-type=module', '-e', start, dataDir, String(Date.now() + 1500)]),
  )
  const tokens = (await Promise.all(starts)).map(({ stdout }) => stdout)
  assert.deepEqual(readdirSync(dataDir), ['master.keys'])
  const keys = new MasterKeys({ dataDir })
  assert.equal(keys.current.fingerprints().length, 1)
  for (const token of tokens) assert.equal(keys.decrypt(token).toString(), 'secret')
})

test('takes the keys of the setting and touches no file', () => {
  const [first, second] = [generateFernetKey(), generateFernetKey()]
  const keys = new MasterKeys({ keys: `${first},${second}` })
  const old = new MasterKeys({ keys: second }).encrypt('old')
  assert.equal(keys.file, null)
  assert.equal(keys.decrypt(old).toString(), 'old')
  assert.equal(keys.current.isCurrent(old), false)
  assert.throws(() => new MasterKeys({ keys: second }).decrypt(keys.encrypt('new')), { code: 'content_lost' })
  assert.deepEqual(readdirSync(dataDir), [])
})

test('what no key opens stays closed, and is no reason to give up the keys', () => {
  const keys = new MasterKeys({ dataDir })
  const foreign = new MasterKeys({ keys: generateFernetKey() }).encrypt('foreign')
  assert.throws(() => keys.decrypt(foreign), { code: 'content_lost' })
  assert.equal(keys.decrypt(keys.encrypt('own')).toString(), 'own')
})
