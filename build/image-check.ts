/**
 * Builds the image from Dockerfile and runs it as compose.yaml does: not root, without capabilities, its root read-only; `migrate`, a
 * server and a worker on a PostgreSQL, a report that the worker makes, SIGTERM. `npm run check:image`; needs root and podman (4.3 or
 * newer). Where they are not there it says SKIPPED and why, and ends well, unless --required is given.
 *
 *   --storage=<folder>   keeps what podman makes there: what has not changed is not made again
 *   --base=<image>   instead of the Dockerfile's
 *   --base=debian    a stand-in for it, made here: Debian's packages (mmdebstrap), the Node of the npm package "node", this machine's
 *                    npm. Taken by itself where the Dockerfile's image cannot be fetched.
 *
 * Else everything it makes lies in a folder of its own, which goes with it.
 */
import { mkdtempSync, readFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { createTestDatabase } from '../test/support/postgres.ts'
import { startTcpProxy, targetOf, urlThrough } from '../test/support/tcp-proxy.ts'
import { checkRunning, NoContainersError } from './image-running.ts'
import type { Podman } from './image-tools.ts'
import { findObstacle, makeStandIn, openPodman } from './image-tools.ts'

const root = path.join(import.meta.dirname, '..')
const standIn = 'localhost/clientele-base:debian'
const image = 'localhost/clientele:check'
const started = performance.now()

const step = (words: string) => console.log(`--- ${words} (${Math.round((performance.now() - started) / 1000)} s)`)
const option = (name: string) =>
  process.argv.find((one) => one.startsWith(`--${name}=`))?.slice(`--${name}=`.length) ?? null

function baseOf(podman: Podman): string {
  const given = option('base')
  if (given !== null && given !== 'debian') return given
  if (given === null) {
    const own = /^ARG NODE_IMAGE=(\S+)$/m.exec(readFileSync(path.join(root, 'Dockerfile'), 'utf8'))?.[1] ?? ''
    step(`fetching ${own}`)
    if (podman.tries(['pull', '--quiet', own], { timeout: 60_000 })) return own
    console.log('It cannot be fetched here: a stand-in takes its place.')
  }
  if (podman.tries(['image', 'exists', standIn])) return standIn
  step('a stand-in of Debian’s packages and Node of the npm package "node"')
  makeStandIn(podman, standIn)
  return standIn
}

async function build(podman: Podman, base: string): Promise<void> {
  step(`building the image on ${base}`)
  podman.run([
    ...['build', '--isolation=chroot', '--network=host', '--pull=never', '--format=docker'],
    ...['--build-arg', `NODE_IMAGE=${base}`, '--tag', image],
    ...podman.sharedCache,
    root,
  ])
  const sizeOf = async (name: string) => Number(await podman.ask(['image', 'inspect', '--format={{.Size}}', name]))
  const megabytes = (bytes: number) => Math.round(bytes / 1e6)
  const [all, below] = [await sizeOf(image), await sizeOf(base)]
  console.log(`image: ${megabytes(all)} MB, of which ${megabytes(all - below)} MB are beside the base image`)
}

async function check(): Promise<void> {
  const kept = option('storage')
  const folder = kept === null ? mkdtempSync(path.join(os.tmpdir(), 'clientele-image-')) : path.resolve(kept)
  const podman = openPodman(folder)
  try {
    await build(podman, baseOf(podman))
    step('running it')
    const database = await createTestDatabase({ empty: true })
    const proxy = await startTcpProxy(targetOf(database.ownerUrl))
    try {
      await checkRunning(podman, { image, databaseUrl: urlThrough(proxy, database.ownerUrl) })
    } finally {
      podman.removeContainers()
      await proxy.close()
      await database.drop()
    }
  } finally {
    if (kept === null) podman.close()
  }
  step('the image is as it should be')
}

function skip(reason: string): void {
  console.log(`SKIPPED, the image is not proven: ${reason}`)
  if (process.argv.includes('--required')) process.exitCode = 1
}

const obstacle = findObstacle()
if (obstacle !== null) skip(obstacle)
else {
  await check().catch((error: unknown) => {
    if (!(error instanceof NoContainersError)) throw error
    skip(error.message)
  })
}
