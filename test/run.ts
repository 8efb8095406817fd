/**
 * Runs the tests on one PostgreSQL, embedded unless TEST_DATABASE_URL names another. Files share processes (each is a suite
 * there, with an application and a database of its own): loading the application is a third of what a file costs.
 *   npm test                     all but the slow proofs
 *   npm run test:full            with the slow proofs (*.slow.test.ts)
 *   npm test -- src/kernel       only files whose path contains the words
 */
import { spawn } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { startTestServer } from './support/postgres.ts'
import { writeGroups } from './support/test-groups.ts'

const args = process.argv.slice(2)
const compiledModules = path.join(import.meta.dirname, '../node_modules/.cache/compiled-modules')
const full = args.includes('--full')
const wanted = args.filter((one) => !one.startsWith('--'))

const files = globSync(['src/**/*.test.ts', 'test/**/*.test.ts', 'migrations/**/*.test.ts', 'bench/**/*.test.ts'])
  .filter((file) => full || !file.endsWith('.slow.test.ts'))
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
  .sort()

if (files.length === 0) {
  console.error(`no test file matches ${wanted.join(', ')}`)
  process.exit(1)
}

/** What measures its process, changes what belongs to it, or awaits at its top level, shares it with nobody; nor does a slow proof. */
const ownProcess =
  /process\.(?:memoryUsage|cpuUsage|chdir|umask|exitCode|on|once)\b|process\.env\.\w+ = |metricsRegistry|mock\.timers|stepClock|setGlobalDispatcher|\bgc\(|^(?:const .* = )?await |from 'dependency-cruiser/m
const filesOfAProcess = 8

const alone = files.filter((file) => file.endsWith('.slow.test.ts') || ownProcess.test(readFileSync(file, 'utf8')))
const sharing = files.filter((file) => !alone.includes(file))
const groupCount = Math.ceil(sharing.length / filesOfAProcess)
// Neighbours in a folder, which are alike, are dealt to different processes: so all take about as long.
const groups = Array.from({ length: groupCount }, (_, first) => sharing.filter((_, at) => at % groupCount === first))
const together = writeGroups(
  groups.filter((group) => group.length > 1).map((group) => group.map((one) => path.resolve(one))),
)
const single = groups.filter((group) => group.length === 1).flat()

const server = process.env.TEST_DATABASE_URL ? null : await startTestServer()
const child = spawn(
  process.execPath,
  [
    `--import=${path.join(import.meta.dirname, 'support/end-of-tests.ts')}`,
    '--test',
    '--test-concurrency=2',
    // Nothing takes this long; a test that waits for what never comes fails instead of holding everything up.
    `--test-timeout=${full ? 600_000 : 180_000}`,
    ...args.filter((one) => one.startsWith('--test-')),
    ...together.files,
    ...single,
    ...alone,
  ],
  {
    stdio: 'inherit',
    env: {
      ...process.env,
      TEST_DATABASE_URL: server?.superuserUrl ?? process.env.TEST_DATABASE_URL,
      // Most processes load the whole application: compiled once, it costs each of them 2.5 s of processor time less.
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? compiledModules,
    },
  },
)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal))
const code = await new Promise<number>((resolve) => {
  child.on('exit', (exitCode) => resolve(exitCode ?? 1))
})
await server?.stop()
together.remove()
process.exitCode = code
