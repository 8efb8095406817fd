/**
 * Runs the tests on one PostgreSQL, embedded unless TEST_DATABASE_URL names another.
 *   npm test                     all but the slow proofs
 *   npm run test:full            with the slow proofs (*.slow.test.ts)
 *   npm test -- src/kernel       only files whose path contains the words
 */
import { spawn } from 'node:child_process'
import { globSync } from 'node:fs'
import path from 'node:path'
import { startTestServer } from './support/postgres.ts'

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

const server = process.env.TEST_DATABASE_URL ? null : await startTestServer()
const child = spawn(
  process.execPath,
  [
    '--test',
    '--test-concurrency=2',
    // Nothing takes this long; a test that waits for what never comes fails instead of holding everything up.
    `--test-timeout=${full ? 600_000 : 180_000}`,
    // A file whose tests have ended, well or not, ends: what a failed test left open must not keep the run.
    '--test-force-exit',
    ...args.filter((one) => one.startsWith('--test-')),
    ...files,
  ],
  {
    stdio: 'inherit',
    env: {
      ...process.env,
      TEST_DATABASE_URL: server?.superuserUrl ?? process.env.TEST_DATABASE_URL,
      // Most files load the whole application: compiled once, it costs each of them 2.5 s of processor time less.
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? compiledModules,
    },
  },
)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal))
const code = await new Promise<number>((resolve) => {
  child.on('exit', (exitCode) => resolve(exitCode ?? 1))
})
await server?.stop()
process.exitCode = code
