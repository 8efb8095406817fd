import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { test } from 'node:test'

const REPOSITORY = join(import.meta.dirname, '../..')

/** Only the launcher looks at this number; the machine that runs the tests may have no older Node to offer. */
const OLDER_NODE =
  "data:text/javascript,Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } })"

const MAIN = `const [command, argument] = process.argv.slice(2)
const stop = (signal: NodeJS.Signals): void => {
  console.log('stopped by', signal)
  process.exit(7)
}
if (command === 'tell') console.log(JSON.stringify({ version: process.versions.node, argument }))
if (command === 'fail') process.exitCode = 3
if (command === 'abort') process.kill(process.pid, 'SIGKILL')
if (command === 'serve') {
  process.once('SIGTERM', stop).once('SIGINT', stop)
  setInterval(() => {}, 60_000)
  console.log('ready')
}
`

/** A checkout with the launcher and a main.ts that shows what reaches it; gives the launcher's path. */
async function install(t: TestContext, packages: 'installed' | 'missing'): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'clientele-launcher-'))
  t.after(() => rm(directory, { recursive: true }))
  await cp(join(REPOSITORY, 'bin'), join(directory, 'bin'), { recursive: true })
  await cp(join(REPOSITORY, 'package.json'), join(directory, 'package.json'))
  await mkdir(join(directory, 'src'))
  await writeFile(join(directory, 'src/main.ts'), MAIN)
  if (packages === 'installed') await symlink(join(REPOSITORY, 'node_modules'), join(directory, 'node_modules'))
  return join(directory, 'bin/clientele.mjs')
}

const run = (options: string[], launcher: string, ...args: string[]) =>
  spawnSync(process.execPath, [...options, launcher, ...args], { encoding: 'utf8' })

test('runs at once under a Node that is new enough', async (t) => {
  const { stdout, status } = run([], await install(t, 'missing'), 'tell', 'two words')
  assert.deepEqual(JSON.parse(stdout), { version: process.versions.node, argument: 'two words' })
  assert.equal(status, 0)
})

test('runs under the Node of its packages where the machine has an older one', async (t) => {
  const { stdout, status } = run(['--import', OLDER_NODE], await install(t, 'installed'), 'tell', 'two words')
  assert.match(stdout, /^{"version":"24\.\d+\.\d+","argument":"two words"}$/m)
  assert.equal(status, 0)
})

test('ends with the exit code or the signal with which Clientele ended', async (t) => {
  const launcher = await install(t, 'installed')
  assert.equal(run(['--import', OLDER_NODE], launcher, 'fail').status, 3)
  assert.equal(run(['--import', OLDER_NODE], launcher, 'abort').signal, 'SIGKILL')
})

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`lets Clientele stop gracefully on ${signal}`, async (t) => {
    const launcher = await install(t, 'installed')
    const started = spawn(process.execPath, ['--import', OLDER_NODE, launcher, 'serve'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const said: string[] = []
    started.stdout.setEncoding('utf8').on('data', (text: string) => {
      said.push(text)
      if (text.includes('ready')) started.kill(signal)
    })
    assert.deepEqual(await once(started, 'close'), [7, null])
    assert.equal(said.join(''), `ready\nstopped by ${signal}\n`)
  })
}

test('says what to do where an older Node finds no newer one', async (t) => {
  const { stderr, status } = run(['--import', OLDER_NODE], await install(t, 'missing'), 'tell')
  assert.match(stderr, /^Clientele needs Node 24; this is v.* run: npm ci\n$/)
  assert.equal(status, 1)
})
