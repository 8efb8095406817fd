import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { test } from 'node:test'

const REPOSITORY = join(import.meta.dirname, '../..')
const SETTINGS = ['package.json', 'tsconfig.json', 'biome.json', '.oxlintrc.json', '.gitignore']

const FORGOTTEN_PROMISE = `import { rm } from 'node:fs/promises'

export function forget(path: string): void {
  rm(path)
}
`

const CASE_LEFT_OUT = `export function amount(kind: 'debit' | 'credit'): number {
  switch (kind) {
    case 'debit':
      return -1
  }
  return 0
}
`

const TEST_NOT_AWAITED = `import { test } from 'node:test'

test('runs', async (t) => {
  t.after(() => undefined)
})
`

/** Runs a linter of this repository, with this repository's settings, over one file; gives its exit code and output. */
async function lint(t: TestContext, file: { path: string; source: string }, command: string[]) {
  const directory = await mkdtemp(join(tmpdir(), 'clientele-lint-rules-'))
  t.after(() => rm(directory, { recursive: true }))
  for (const name of SETTINGS) await cp(join(REPOSITORY, name), join(directory, name))
  await symlink(join(REPOSITORY, 'node_modules'), join(directory, 'node_modules'))
  await mkdir(dirname(join(directory, file.path)), { recursive: true })
  await writeFile(join(directory, file.path), file.source)
  const [linter = '', ...options] = command
  const { status, stdout, stderr } = spawnSync(join('node_modules/.bin', linter), options, {
    cwd: directory,
    encoding: 'utf8',
  })
  return { status, output: stdout + stderr }
}

const oxlint = ['oxlint', '--type-aware', '--deny-warnings']
const biome = ['biome', 'ci', '--colors=off', '.']

test('refuses a promise that nobody awaits', async (t) => {
  const { status, output } = await lint(t, { path: 'src/kernel/forget.ts', source: FORGOTTEN_PROMISE }, oxlint)
  assert.match(output, /typescript\(no-floating-promises\)/)
  assert.equal(status, 1)
})

test('refuses a switch that leaves out a case of a union', async (t) => {
  const { status, output } = await lint(t, { path: 'src/kernel/amount.ts', source: CASE_LEFT_OUT }, oxlint)
  assert.match(output, /switch-exhaustiveness-check.*"credit"/)
  assert.equal(status, 1)
})

test('accepts that node:test itself awaits a declared test', async (t) => {
  const { status, output } = await lint(t, { path: 'src/kernel/runs.test.ts', source: TEST_NOT_AWAITED }, oxlint)
  assert.equal(status, 0, output)
})

test('refuses any, a default export, console and process.env in product code', async (t) => {
  const source = 'export default function show(value: any): void {\n  console.log(value, process.env.HOME)\n}\n'
  const { status, output } = await lint(t, { path: 'src/kernel/show.ts', source }, biome)
  for (const rule of ['noExplicitAny', 'noDefaultExport', 'noConsole', 'noProcessEnv'])
    assert.match(output, RegExp(rule))
  assert.equal(status, 1)
})

test('lets the command line print and the configuration read the environment', async (t) => {
  const main = { path: 'src/main.ts', source: "console.log('clientele')\n" }
  assert.deepEqual((await lint(t, main, biome)).status, 0)
  const config = { path: 'src/config.ts', source: 'export const port = Number(process.env.PORT)\n' }
  assert.deepEqual((await lint(t, config, biome)).status, 0)
})
