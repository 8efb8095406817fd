/** The program as operators run it: bin/clientele.mjs with the embedded database, in a process of its own. */
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { listServerProcesses } from '#platform/db/embedded-process.ts'
import { adminPassword, firstAdministrator } from './app.ts'

const program = path.join(import.meta.dirname, '../../bin/clientele.mjs')

export type ServerProcess = {
  child: ChildProcess
  url: string
  /** Exit code, or the signal that ended it. */
  ended: Promise<number | string>
  output(): string
}

/** Runs `clientele start`; gives what it said and how it ended when that was before it answered requests. */
export async function launchServer(
  dataDir: string,
  settings: Record<string, string> = {},
): Promise<ServerProcess | { output: string; code: number | string }> {
  const child = spawn(process.execPath, [program, 'start'], {
    env: {
      PATH: process.env.PATH,
      HOME: os.homedir(),
      TMPDIR: os.tmpdir(),
      PORT: '0',
      CLIENTELE_DATA_DIR: dataDir,
      CLIENTELE_ADMIN_PASSWORD: adminPassword,
      // A thousand writes a minute are the point here.
      CLIENTELE_RATE_LIMITS: 'off',
      CLIENTELE_CONSOLE_BUILD: 'off',
      LOG_LEVEL: 'warn',
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const ended = new Promise<number | string>((resolve) => {
    child.once('close', (code, signal) => resolve(signal ?? code ?? -1))
  })
  const url = await new Promise<string | null>((resolve) => {
    const read = (chunk: Buffer) => {
      output += chunk.toString()
      const found = /answers at (http\S+)/.exec(output)?.[1]
      if (found) resolve(found)
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    void ended.then(() => resolve(null))
  })
  if (url === null) return { output, code: await ended }
  return { child, url, ended, output: () => output }
}

export async function startServer(dataDir: string, settings: Record<string, string> = {}): Promise<ServerProcess> {
  const launched = await launchServer(dataDir, settings)
  if ('url' in launched) return launched
  throw new Error(`the server ended with ${launched.code}: ${launched.output}`)
}

export async function makeDataDir(): Promise<{ dataDir: string; remove(): Promise<void> }> {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'clientele-faults-'))
  return { dataDir, remove: () => rm(dataDir, { recursive: true, force: true }) }
}

export function postgresProcesses(dataDir: string): number[] {
  return listServerProcesses(path.join(dataDir, 'postgres')).map(({ pid }) => pid)
}

export async function signInAt(url: string): Promise<string> {
  const answer = await fetch(`${url}/api/token/`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: firstAdministrator, password: adminPassword }),
  })
  if (answer.status !== 200) throw new Error(`sign-in: ${answer.status} ${await answer.text()}`)
  return ((await answer.json()) as { access: string }).access
}
