/** What must hold for the image while it runs, as compose.yaml runs it. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { freePort } from '../test/support/free-port.ts'
import type { Podman } from './image-tools.ts'

const patienceMs = 60_000
/** compose.yaml's stop_grace_period. */
const graceMs = 30_000
const password = 'correct-horse-battery'

/** compose.yaml: read_only, tmpfs, cap_drop, security_opt. */
const confined = [
  ...['--read-only', '--read-only-tmpfs=false', '--tmpfs=/tmp:size=512m,mode=1777'],
  ...['--cap-drop=ALL', '--security-opt=no-new-privileges', '--network=host'],
  // No systemd may be here to ask for it from time to time; it is asked for below.
  '--health-interval=disable',
]

/** This machine lets podman build, and not run. */
export class NoContainersError extends Error {
  override readonly name = 'NoContainersError'
}

/** This may itself be a container: podman would raise limits and make control groups, which not everybody may. */
function waysToRun(): string[][] {
  const open = /^Max open files +\S+ +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? '1024'
  const limits = [`--ulimit=nofile=${open}:${open}`, '--ulimit=nproc=10000:10000']
  return [[], limits, [...limits, '--cgroups=disabled']]
}

/** @throws NoContainersError with what podman says when it runs nothing here */
async function findRestrictions(podman: Podman, image: string): Promise<string[]> {
  return [...confined, ...(await findWayToRun(podman, image))]
}

/**
 * What this machine needs beside the restrictions, and sets the runtime that starts containers here.
 * @throws NoContainersError with what podman says when it runs nothing here
 */
export async function findWayToRun(podman: Podman, image: string): Promise<string[]> {
  let said = ''
  for (const runtime of ['crun', 'runc']) {
    podman.useRuntime(runtime)
    for (const way of waysToRun()) {
      const restrictions = [...confined, ...way]
      const { code, output } = await podman.result(['run', '--rm', ...restrictions, '--entrypoint=true', image])
      if (code === 0) return way
      said += `${runtime} ${way.join(' ')}: ${output.trim().split('\n').at(-1)}\n`
    }
  }
  throw new NoContainersError(`podman runs no container here:\n${said}`)
}

export async function until<T>(what: string, look: () => Promise<T | null | undefined | false>): Promise<T> {
  const deadline = performance.now() + patienceMs
  for (;;) {
    const seen = await look().catch(() => null)
    if (seen) return seen
    if (performance.now() > deadline) throw new Error(`never came to be: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

type Given = { image: string; databaseUrl: string }

export async function checkRunning(podman: Podman, { image, databaseUrl }: Given): Promise<void> {
  const restricted = await findRestrictions(podman, image)
  await checkImage(podman, { image, restricted })
  const key = await podman.result(['run', '--rm', ...restricted, image, 'key', 'generate'])
  assert.equal(key.code, 0, key.output)
  const port = await freePort()
  const settings = {
    DATABASE_URL: databaseUrl,
    CLIENTELE_MASTER_KEYS: key.output.trim(),
    CLIENTELE_ADMIN_PASSWORD: password,
    CLIENTELE_PUBLIC_URL: 'https://api.example.com',
    HOST: '127.0.0.1',
    PORT: String(port),
  }
  const environment = Object.entries(settings).map(([name, value]) => `--env=${name}=${value}`)
  // As compose.yaml: one volume for all.
  const volume = `clientele-${randomBytes(4).toString('hex')}`
  const common = [...restricted, `--volume=${volume}:/data`, ...environment]
  await checkMigrations((...args) => podman.result(['run', '--rm', ...common, image, ...args]))
  for (const name of ['serve', 'worker'])
    await podman.ask(['run', '--detach', `--name=${name}`, ...common, image, name])
  try {
    const url = `http://127.0.0.1:${port}`
    await until('ready', async () => (await fetch(`${url}/health/ready`)).ok)
    console.log('serve and worker run; ready')
    await checkWork(url)
    for (const name of ['serve', 'worker']) await checkConfinement(podman, name)
    const health = await podman.result(['healthcheck', 'run', 'serve'])
    assert.equal(health.code, 0, `the health check of a server that is ready: ${health.output}`)
  } catch (error) {
    for (const name of ['serve', 'worker']) console.error((await podman.result(['logs', '--tail=20', name])).output)
    throw error
  }
  for (const name of ['serve', 'worker']) await checkEnd(podman, name)
}

async function checkImage(
  podman: Podman,
  { image, restricted }: { image: string; restricted: string[] },
): Promise<void> {
  const [inspected] = JSON.parse(await podman.ask(['image', 'inspect', image])) as [{ Config: Record<string, unknown> }]
  const { User: user, Entrypoint: entrypoint } = inspected.Config
  assert.deepEqual({ user, entrypoint }, { user: '1000:1000', entrypoint: ['node', 'bin/clientele.mjs'] })
  const look = `find /app -name '*.test.ts' -o -name typescript -maxdepth 3 -o -user 1000 | head; command -v postgres`
  const { output } = await podman.result(['run', '--rm', ...restricted, '--entrypoint=sh', image, '-c', look])
  assert.equal(output, '', 'nothing of tests, of the compiler, of PostgreSQL; nothing in it belongs to who runs it')
}

async function checkMigrations(command: (...args: string[]) => ReturnType<Podman['result']>): Promise<void> {
  const first = await command('migrate')
  assert.equal(first.code, 0, first.output)
  assert.match(first.output, /^applied 0001/m)
  const second = await command('migrate')
  assert.equal(second.code, 0, second.output)
  assert.match(second.output, /^Nothing to apply/)
  console.log(`migrate: ${first.output.trim().split('\n').length} migrations, then nothing to apply`)
}

/** The console is there; a worker makes a pdf, which needs native code, fonts and a thread, and writes nowhere but in /tmp. */
async function checkWork(url: string): Promise<void> {
  assert.match(await (await fetch(`${url}/console/`)).text(), /<div id="root">/)
  const json = { 'content-type': 'application/json' }
  const body = JSON.stringify({ username: 'admin@example.com', password })
  const signedIn = await fetch(`${url}/api/token/`, { method: 'POST', headers: json, body })
  assert.equal(signedIn.status, 200, await signedIn.clone().text())
  const { access } = (await signedIn.json()) as { access: string }
  const headers = { ...json, authorization: `Bearer ${access}` }
  for (const format of ['pdf', 'csv']) {
    const wanted = { template_id: 'monthly_sales', format, parameters: { month: '2024-01' } }
    const asked = await fetch(`${url}/api/v1/reports/generate`, {
      ...{ method: 'POST', headers },
      body: JSON.stringify(wanted),
    })
    assert.equal(asked.status, 202, await asked.clone().text())
    const { report_id: id } = (await asked.json()) as { report_id: string }
    await until(`a report as ${format}`, async () => {
      const { status, error } = (await (await fetch(`${url}/api/v1/reports/${id}`, { headers })).json()) as {
        status: string
        error?: unknown
      }
      if (status === 'failed') console.error(`the report failed: ${JSON.stringify(error)}`)
      return status === 'ready'
    })
  }
  console.log('console served; signed in; reports made by the worker: pdf, csv')
}

async function checkConfinement(podman: Podman, name: string): Promise<void> {
  const look = [
    'id -u',
    'id -g',
    `sed -n 's/^CapEff:[^0-9a-f]*//p; s/^NoNewPrivs:[^0-9]*//p' /proc/1/status`,
    'for place in /app /app/src /etc /usr/local/bin /root; do touch "$place/x" 2>/dev/null && echo "wrote $place"; done',
    'touch /data/x /tmp/x && rm /data/x /tmp/x && echo written',
  ].join('\n')
  const { output } = await podman.result(['exec', name, 'sh', '-c', look])
  assert.deepEqual(output.trim().split('\n'), ['1000', '1000', '0000000000000000', '1', 'written'], name)
  console.log(`${name}: user 1000:1000, no capabilities, no new privileges, root read-only, /data and /tmp writable`)
}

async function checkEnd(podman: Podman, name: string): Promise<void> {
  const asked = performance.now()
  await podman.ask(['kill', '--signal=TERM', name])
  const code = await podman.ask(['wait', name])
  const took = performance.now() - asked
  assert.equal(code, '0', (await podman.result(['logs', '--tail=20', name])).output)
  assert.ok(took < graceMs, `${name} took ${took} ms`)
  console.log(`${name}: SIGTERM, ended with code 0 after ${(took / 1000).toFixed(1)} s`)
}
