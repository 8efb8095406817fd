/**
 * Runs compose.yaml, as it stands, by podman: each service with the options that the file gives it, in a network namespace and at an
 * address of its own in the file's network. `node test/tooling/compose-check.ts --storage=<folder>`, after
 * `npm run check:image -- --storage=<folder>`, which makes the image. Needs root, podman, iproute2.
 */
import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import path from 'node:path'
import { findWayToRun, until } from '../../build/image-running.ts'
import type { Podman } from '../../build/image-tools.ts'
import { findObstacle, openPodman } from '../../build/image-tools.ts'
import { generateFernetKey } from '../../src/kernel/fernet.ts'
import { imageFor } from './compose-images.ts'
import type { Service } from './compose-services.ts'
import { readServices } from './compose-services.ts'

const checked = 'localhost/clientele:check'
const base = 'localhost/clientele-base:debian'
const password = 'correct-horse-battery'
const hub = `compose-${process.pid}`
const spaceOf = (name: string) => `${hub}-${name}`

const ip = (...args: string[]) => execFileSync('ip', args, { stdio: ['ignore', 'pipe', 'inherit'] })
const inside = (space: string, ...command: string[]) => ip('netns', 'exec', space, ...command)

/** A bridge in a namespace, and one namespace for each service. */
function layNetwork(services: readonly Service[], subnet: string): Map<string, string> {
  const [network = '', bits = '24'] = subnet.split('/')
  const addressOf = (i: number) => network.replace(/\d+$/, String(i))
  ip('netns', 'add', hub)
  ip('-n', hub, 'link', 'add', 'br0', 'type', 'bridge')
  ip('-n', hub, 'address', 'add', `${addressOf(1)}/${bits}`, 'dev', 'br0')
  for (const device of ['lo', 'br0']) ip('-n', hub, 'link', 'set', device, 'up')
  return new Map(
    services.map(({ name, sysctls }, i) => {
      const space = spaceOf(name)
      ip('netns', 'add', space)
      ip('-n', hub, 'link', 'add', `v${i}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', space)
      ip('-n', hub, 'link', 'set', `v${i}`, 'master', 'br0', 'up')
      ip('-n', space, 'address', 'add', `${addressOf(10 + i)}/${bits}`, 'dev', 'eth0')
      for (const device of ['lo', 'eth0']) ip('-n', space, 'link', 'set', device, 'up')
      for (const [key, value] of Object.entries(sysctls))
        inside(space, 'sh', '-c', `echo "$1" > /proc/sys/${key.replaceAll('.', '/')}`, 'sh', value)
      return [name, addressOf(10 + i)]
    }),
  )
}

function removeNetwork(services: readonly Service[]): void {
  for (const space of [...services.map(({ name }) => spaceOf(name)), hub]) spawnSync('ip', ['netns', 'delete', space])
}

type Asked = { status: number; text: string }

/** A request from inside the network. */
function ask(url: string, init: RequestInit = {}): Asked {
  const program = `const [url, init] = process.argv.slice(1)
    const answer = await fetch(url, { ...JSON.parse(init), signal: AbortSignal.timeout(20000) })
    console.log(JSON.stringify({ status: answer.status, text: await answer.text() }))`
  const args = ['netns', 'exec', hub, process.execPath, '--input-type=module', '-e', program, url, JSON.stringify(init)]
  return JSON.parse(execFileSync('ip', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })) as Asked
}

/** As Docker does in each container; only the balancer asks there. */
async function answerForNames(addresses: Map<string, string>): Promise<ChildProcess> {
  const program = path.join(import.meta.dirname, 'compose-names.ts')
  const names = JSON.stringify(Object.fromEntries(addresses))
  const child = spawn('ip', ['netns', 'exec', spaceOf('balancer'), process.execPath, program, names], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  await until('names are answered', async () => said !== '')
  return child
}

async function start(
  podman: Podman,
  services: readonly Service[],
  way: readonly string[],
  addresses: Map<string, string>,
) {
  const hosts = [...addresses].map(([name, address]) => `--add-host=${name}:${address}`)
  const standIns: string[] = []
  for (const one of services) {
    const { image, standIn } = one.image.startsWith('clientele:')
      ? { image: checked, standIn: null }
      : imageFor(podman, one.image, base)
    if (standIn !== null) standIns.push(`${one.image}: ${standIn} in its place`)
    const run = ['run', '--detach', ...one.options, ...way, ...hosts, `--network=ns:/run/netns/${spaceOf(one.name)}`]
    await podman.ask([...run, image, ...one.command])
    if (one.hasHealth)
      await until(
        `${one.name} is healthy`,
        async () => (await podman.result(['healthcheck', 'run', one.name])).code === 0,
      )
    console.log(`${one.name}: runs${one.hasHealth ? ', healthy' : ''}`)
  }
  for (const line of standIns) console.log(`NOT the published image of ${line}`)
}

async function work(podman: Podman, front: string): Promise<void> {
  await until('the balancer answers', async () => ask(`${front}/health/ready`).status === 200)
  assert.equal(ask(`${front}/metrics`).status, 404, 'metrics are for machines inside')
  assert.match(ask(`${front}/console/`).text, /<div id="root">/)
  const headers = { 'content-type': 'application/json' }
  const body = JSON.stringify({ username: 'admin@example.com', password })
  const signedIn = ask(`${front}/api/token/`, { method: 'POST', headers, body })
  assert.equal(signedIn.status, 200, signedIn.text)
  const { access } = JSON.parse(signedIn.text) as { access: string }
  const authorized = { ...headers, authorization: `Bearer ${access}` }
  const wanted = JSON.stringify({ template_id: 'monthly_sales', format: 'csv', parameters: { month: '2024-01' } })
  const asked = ask(`${front}/api/v1/reports/generate`, { method: 'POST', headers: authorized, body: wanted })
  assert.equal(asked.status, 202, asked.text)
  const { report_id: id } = JSON.parse(asked.text) as { report_id: string }
  await until('a report of the worker', async () => {
    const { text } = ask(`${front}/api/v1/reports/${id}`, { headers: authorized })
    return (JSON.parse(text) as { status: string }).status === 'ready'
  })
  console.log('through the balancer: ready, console, sign-in, a report made by the worker; /metrics refused')
  await podman.ask(['kill', '--signal=KILL', 'server-1'])
  const failed = Array.from(
    { length: 20 },
    () => ask(`${front}/api/v1/clients`, { headers: authorized }).status,
  ).filter((status) => status !== 200)
  assert.deepEqual(failed, [], 'one server was killed')
  console.log('server-1 killed: none of the next 20 requests failed')
}

async function end(podman: Podman, services: readonly Service[]): Promise<void> {
  for (const { name, graceSeconds } of services.toReversed()) {
    if (name === 'server-1') continue
    const before = performance.now()
    await podman.ask(['stop', `--time=${graceSeconds}`, name])
    const code = await podman.ask(['inspect', '--format={{.State.ExitCode}}', name])
    const took = (performance.now() - before) / 1000
    assert.ok(took < graceSeconds, `${name} took ${took} s`)
    if (name !== 'balancer') assert.equal(code, '0', name)
    console.log(`${name}: stopped within its ${graceSeconds} s, code ${code}`)
  }
}

async function check(folder: string): Promise<void> {
  const podman = openPodman(folder)
  if (!podman.tries(['image', 'exists', checked]))
    throw new Error(`no image there: npm run check:image -- --storage=${folder}`)
  const { services, subnet } = readServices({
    POSTGRES_PASSWORD: randomBytes(12).toString('hex'),
    CLIENTELE_MASTER_KEYS: generateFernetKey(),
    CLIENTELE_ADMIN_PASSWORD: password,
    CLIENTELE_PUBLIC_URL: 'https://api.example.com',
  })
  podman.removeContainers()
  let names: ChildProcess | null = null
  try {
    const addresses = layNetwork(services, subnet)
    names = await answerForNames(addresses)
    const way = await findWayToRun(podman, checked)
    await start(podman, services, way, addresses)
    await work(podman, `http://${addresses.get('balancer')}:8000`)
    await end(podman, services)
    console.log('compose.yaml is as it should be')
  } catch (error) {
    for (const { name } of services) console.error((await podman.result(['logs', '--tail=15', name])).output)
    throw error
  } finally {
    names?.kill()
    podman.removeContainers()
    podman.tries(['volume', 'rm', '--all', '--force'])
    removeNetwork(services)
  }
}

const storage = process.argv.find((one) => one.startsWith('--storage='))?.slice('--storage='.length)
const obstacle = findObstacle() ?? (storage ? null : '--storage=<folder> of npm run check:image is missing')
if (obstacle === null) await check(storage ?? '')
else console.log(`SKIPPED, compose.yaml is not proven: ${obstacle}`)
