import assert from 'node:assert/strict'
import { test } from 'node:test'
import { generateFernetKey, parseFernetKey } from '#kernel/fernet.ts'
import type { Setting } from '../settings.ts'
import { settings } from '../settings.ts'
import { runCommand } from './command.fixture.ts'
import { exitCodes } from './exit-codes.ts'
import { explainFailure } from './failure.ts'

test('teaches by --help: every setting with its default, every exit code, examples', async () => {
  const { code, stdout, stderr } = await runCommand(['--help'], {})
  assert.equal(code, 0)
  assert.equal(stderr, '')
  for (const [name, { fallback, about }] of Object.entries<Setting>(settings)) {
    const line = stdout.split('\n').find((one) => one.startsWith(`  ${name} `))
    assert.ok(line?.includes(fallback ?? '(') && line.includes(about), `${name} is not told`)
  }
  for (const { code: exitCode, about } of Object.values(exitCodes))
    assert.ok(stdout.includes(`  ${exitCode}  ${about}`))
  assert.match(stdout, /Examples:/)
})

test('tells about one command, and about the settings, by help', async () => {
  const [user, ofSettings] = await Promise.all([
    runCommand(['help', 'user', 'create'], {}),
    runCommand(['help', 'settings'], {}),
  ])
  assert.equal(user.code, 0)
  assert.match(user.stdout, /--password-stdin/)
  assert.equal(ofSettings.code, 0)
  assert.match(ofSettings.stdout, /CLIENTELE_MASTER_KEYS/)
})

const misused: [args: string[], says: RegExp][] = [
  [['tenent'], /Did you mean tenant\?/],
  [['tenant', 'creat'], /Did you mean create\?/],
  [['user', 'create', '--tenant', 'a', '--email', 'a@example.com', '--role', 'king'], /Allowed choices are owner/],
  [['user', 'create', '--tenant', 'a'], /--email/],
  [['tenant', 'create', 'A', '--id', '~public'], /1 to 63 characters/],
  [['seed-demo', '--clients', 'many'], /whole number/],
  [['openapi', '--contract', 'nobody'], /no contract "nobody"/],
]
for (const [args, says] of misused) {
  test(`ends with code 2 and says what is wrong: ${args.join(' ')}`, async () => {
    const { code, stdout, stderr } = await runCommand(args, {})
    assert.equal(code, exitCodes.usage.code)
    assert.equal(stdout, '')
    assert.match(stderr, says)
  })
}

test('ends with code 3 for a setting that cannot be used, in one line without the value', async () => {
  const { code, stderr } = await runCommand(['tenant', 'list'], { CLIENTELE_MASTER_KEYS: 'hunter2hunter2' })
  assert.equal(code, exitCodes.settings.code)
  assert.match(stderr, /^clientele: CLIENTELE_MASTER_KEYS: .*\n$/)
  assert.doesNotMatch(stderr, /hunter2/)
})

test('shows a stack trace only to those who look for one', async () => {
  const { stderr } = await runCommand(['tenant', 'list'], { PORT: 'x', LOG_LEVEL: 'debug' })
  assert.match(stderr, /^clientele: PORT .*\n(.*\n)*\s+at /)
})

test('says that the database does not answer, and ends with code 1', async () => {
  const settingsOfNowhere = {
    DATABASE_URL: 'postgresql://nobody:hunter2@127.0.0.1:1/nothing',
    CLIENTELE_MASTER_KEYS: generateFernetKey(),
  }
  const { code, stderr } = await runCommand(['tenant', 'list'], settingsOfNowhere)
  assert.equal(code, exitCodes.failed.code)
  assert.match(stderr, /^clientele: the database does not answer \(ECONNREFUSED\).*DATABASE_URL.*\n$/)
  assert.doesNotMatch(stderr, /hunter2/)
})

test('generates a master key that is one', async () => {
  const { code, stdout } = await runCommand(['key', 'generate'], {})
  assert.equal(code, 0)
  assert.ok(parseFernetKey(stdout.trim()))
})

test("prints the document of all contracts, or one's, without a database", async () => {
  const [all, one] = await Promise.all([
    runCommand(['openapi'], {}),
    runCommand(['openapi', '--contract', 'chatapi'], {}),
  ])
  const paths = (text: string) => Object.keys((JSON.parse(text) as { paths: object }).paths)
  assert.ok(paths(one.stdout).length > 0)
  assert.ok(paths(all.stdout).length > paths(one.stdout).length)
})

test('explains a failure that it does not know by its own message and where to look', () => {
  assert.deepEqual(explainFailure(new Error('odd')), { reason: 'failed', message: 'odd (LOG_LEVEL=debug shows where)' })
})
