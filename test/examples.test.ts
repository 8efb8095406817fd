/**
 * The examples, as a program of somebody else would run them: plain JavaScript in a folder of its own, with the client package as
 * npm packs it, against the server with a worker.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { startWorker } from '#src/worker.ts'
import type { TestApp } from '#test/support/app.ts'
import { adminPassword, startTestApp } from '#test/support/app.ts'
import { freePort } from '#test/support/free-port.ts'

const run = promisify(execFile)
const root = path.join(import.meta.dirname, '..')
const examples = path.join(root, 'examples')

let app: TestApp
let stopWorker: () => Promise<void>
let folder: string
let receiverPort: number
before(async () => {
  receiverPort = await freePort()
  app = await startTestApp({ config: { outboundAllow: [`127.0.0.1:${receiverPort}`] } })
  stopWorker = await startWorker(app.runtime)
  folder = await mkdtemp(path.join(os.tmpdir(), 'clientele-examples-'))
  await install()
})
after(async () => {
  await rm(folder, { recursive: true, force: true })
  await stopWorker()
  await app.close()
})

/** What `npm install` would do, without a registry. */
async function install(): Promise<void> {
  const modules = path.join(folder, 'node_modules')
  await mkdir(path.join(modules, '@clientele'), { recursive: true })
  await mkdir(path.join(modules, '@types'))
  await run('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: path.join(root, 'packages/client') })
  const packed = (await readdir(folder)).find((file) => file.endsWith('.tgz')) ?? ''
  await run('tar', ['-xzf', path.join(folder, packed), '-C', folder])
  await cp(path.join(folder, 'package'), path.join(modules, '@clientele/client'), { recursive: true })
  for (const name of ['openapi-fetch', 'standardwebhooks', '@types/node']) {
    await symlink(path.join(root, 'node_modules', name), path.join(modules, name))
  }
  await cp(examples, folder, { recursive: true })
  await writeFile(path.join(folder, 'package.json'), '{"type":"module"}')
}

async function runExample(name: string): Promise<string> {
  const env = {
    ...{ PATH: process.env.PATH, API: app.url, CLIENTELE_ADMIN_PASSWORD: adminPassword },
    RECEIVER_PORT: String(receiverPort),
  }
  const { stdout } = await run(process.execPath, [`${name}.mjs`], { cwd: folder, env, timeout: 150_000 })
  return stdout
}

const expected: Record<string, RegExp> = {
  'first-client': /registered: Shop .*\nrefused: VALIDATION_ERROR, name\nthe account sees it: active/,
  'rotate-keys': /keys: .*warehouse 2025.*\nthe old key: ./,
  'double-encryption': /the server needs the key: true\nrotated: 1\nwith the old key: ENCRYPTION_KEY_WRONG/,
  'import-file': /completed: 100 %\ncompleted: 500 imported, 1 refused\n[\s\S]*E-bad/,
  'score-a-profile': /score: 82 by scorecard 1\n/,
  'approve-an-invoice': /to decide: .*\nthe invoice is approved/,
  'receive-webhooks': /received and verified: webhook\.test\na forged one: 400/,
}

for (const [name, output] of Object.entries(expected)) {
  test(`${name}.mjs does what it says`, async () => {
    assert.match(await runExample(name), output)
  })
}

test('every example is run here', async () => {
  const files = (await readdir(examples)).filter((file) => file.endsWith('.mjs') && file !== 'setting.mjs')
  assert.deepEqual(files.map((file) => file.replace('.mjs', '')).sort(), Object.keys(expected).sort())
})

test('a strict TypeScript project takes the packed package and its types', async () => {
  const compilerOptions = {
    ...{ strict: true, module: 'nodenext', target: 'es2022', lib: ['es2023'], types: ['node'], noEmit: true },
    ...{ allowJs: true, checkJs: true, noUncheckedIndexedAccess: true, skipLibCheck: false },
  }
  await writeFile(path.join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.mjs', '*.ts'] }))
  await writeFile(
    path.join(folder, 'wrong.ts'),
    `import { Clientele } from '@clientele/client'
const client = new Clientele({ baseUrl: 'http://localhost' })
// @ts-expect-error the path is unknown
await client.get('/api/v1/nothing')
// @ts-expect-error the parameter is missing
await client.get('/api/v1/clients/{uid}')
// @ts-expect-error the body has no such field
await client.post('/api/v1/clients', { body: { nom: 'A' } })
const { results } = await client.get('/api/v1/clients')
// @ts-expect-error it is a text
export const number: number = results[0]?.name
`,
  )
  const compiler = path.join(root, 'node_modules/.bin/tsc')
  const { stdout } = await run(compiler, ['--project', folder]).catch((error: unknown) => error as { stdout: string })
  assert.equal(stdout, '')
})
