/** Every command of the guides, word for word, against a server with a worker. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { startWorker } from '#src/worker.ts'
import type { TestApp } from '#test/support/app.ts'
import { adminPassword, startTestApp } from '#test/support/app.ts'

const root = path.join(import.meta.dirname, '..')
const guides = globSync('docs/guides/*.md', { cwd: root }).sort()

let app: TestApp
let stopWorker: () => Promise<void>
before(async () => {
  app = await startTestApp()
  stopWorker = await startWorker(app.runtime)
})
after(async () => {
  await stopWorker()
  await app.close()
})

for (const guide of guides) {
  const text = readFileSync(path.join(root, guide), 'utf8')
  if (!text.includes('```bash')) continue
  test(`${guide}: each command does what it says`, async () => {
    const env = { ...process.env, API: app.url, CLIENTELE_ADMIN_PASSWORD: adminPassword }
    await promisify(execFile)(path.join(root, 'test/guides.sh'), [guide], { cwd: root, env, timeout: 150_000 })
  })
}

test('what the guides link is there', () => {
  assert.ok(guides.length >= 7)
  for (const guide of guides) {
    const folder = path.join(root, path.dirname(guide))
    for (const [, target = ''] of readFileSync(path.join(root, guide), 'utf8').matchAll(/\]\((?!https?:)([^)#]+)/g)) {
      assert.ok(existsSync(path.join(folder, target)), `${guide}: ${target}`)
    }
  }
})
