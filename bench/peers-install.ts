/**
 * The peers' packages, by their exact versions, from the npm registry into a folder outside of this repository: they are no dependencies
 * of ours. Installed once, then found there: CLIENTELE_PEERS_DIR, or clientele-peers in the system's temporary folder.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'

type Installation = { packages: Readonly<Record<string, string>>; flags: readonly string[] }

/** The plugins of better-auth name one version of a package as their peer that its core no longer takes: hence the flag. */
const installations = {
  directus: { packages: { directus: '12.4.0', pg: '8.23.1' }, flags: [] },
  'better-auth': {
    packages: {
      'better-auth': '1.7.5',
      '@better-auth/api-key': '1.7.5',
      '@better-auth/oauth-provider': '1.7.5',
      pg: '8.23.1',
    },
    flags: ['--legacy-peer-deps'],
  },
} as const satisfies Record<string, Installation>

export type PeerPackage = keyof typeof installations

/** What is measured, for the result. */
export const peerVersions: Readonly<Record<PeerPackage, string>> = {
  directus: installations.directus.packages.directus,
  'better-auth': installations['better-auth'].packages['better-auth'],
}

const cache = () => process.env.CLIENTELE_PEERS_DIR ?? path.join(os.tmpdir(), 'clientele-peers')

/**
 * @returns the folder whose node_modules has the peer
 * @throws Error with the end of npm's output when it cannot be installed
 */
export async function installPeer(name: PeerPackage): Promise<string> {
  const { packages, flags }: Installation = installations[name]
  const folder = path.join(cache(), name)
  if (await isInstalled(folder, packages)) return folder
  process.stderr.write(`installing ${name} ${peerVersions[name]} into ${folder}: some minutes, once\n`)
  await rm(path.join(folder, 'node_modules'), { recursive: true, force: true })
  await rm(path.join(folder, 'package-lock.json'), { force: true })
  await mkdir(folder, { recursive: true })
  await writeFile(
    path.join(folder, 'package.json'),
    JSON.stringify({ private: true, type: 'module', dependencies: packages }),
  )
  // Without install scripts: what is needed from native packages ships in them.
  await npm(folder, ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', ...flags])
  if (name === 'directus') await leaveOutScriptsOfFlows(folder)
  return folder
}

/**
 * isolated-vm runs scripts in Directus' flows, of which the measurements have none. It ships no binary for this Node and takes minutes to
 * compile; Directus loads it at its start all the same.
 */
async function leaveOutScriptsOfFlows(folder: string): Promise<void> {
  const out = path.join(folder, 'node_modules/isolated-vm/out')
  await mkdir(out, { recursive: true })
  await writeFile(
    path.join(out, 'isolated_vm.js'),
    '// Not compiled for the bench: no flow runs a script.\nexports.ivm = {}\n',
  )
}

async function isInstalled(folder: string, packages: Installation['packages']): Promise<boolean> {
  const versions = await Promise.all(
    Object.keys(packages).map(async (name) => {
      try {
        const text = await readFile(path.join(folder, 'node_modules', name, 'package.json'), 'utf8')
        return (JSON.parse(text) as { version: string }).version
      } catch {
        return null
      }
    }),
  )
  return Object.values(packages).every((version, i) => version === versions[i])
}

async function npm(folder: string, args: readonly string[]): Promise<void> {
  // Under this program's Node: an older one in front of it in PATH would choose other packages.
  const inFront = `${path.dirname(process.execPath)}${path.delimiter}${process.env.PATH ?? ''}`
  const child = spawn('npm', args, {
    cwd: folder,
    env: { ...process.env, PATH: inFront },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-3000)
    })
  }
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`npm ${args.join(' ')} in ${folder} ended with ${code}:\n${output}`)
}
