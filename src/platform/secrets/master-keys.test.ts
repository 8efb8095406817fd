import assert from 'node:assert/strict'
import { chownSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, beforeEach, test } from 'node:test'
import { InvalidFernetTokenError } from '#kernel/fernet.ts'
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
  assert.throws(() => new MasterKeys({ dataDir }).decrypt(token), InvalidFernetTokenError)
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
