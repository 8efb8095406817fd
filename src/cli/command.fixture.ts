/** The program as the operator runs it: bin/clientele.mjs in a process of its own. */
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { TestDatabase } from '#test/support/postgres.ts'

const program = path.join(import.meta.dirname, '../../bin/clientele.mjs')

export type Settings = Record<string, string>
export type Ended = { code: number | null; stdout: string; stderr: string }

/** Nothing of the test's own environment but what programs need. */
function spawnProgram(args: readonly string[], settings: Settings): ChildProcess {
  return spawn(process.execPath, [program, ...args], {
    env: { PATH: process.env.PATH, HOME: os.homedir(), TMPDIR: os.tmpdir(), ...settings },
    stdio: 'pipe',
  })
}

export type RunningCommand = { child: ChildProcess; ended: Promise<Ended> }

export function launchCommand(
  args: readonly string[],
  settings: Settings,
  input: string | Buffer = '',
): RunningCommand {
  const child = spawnProgram(args, settings)
  let [stdout, stderr] = ['', '']
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += chunk.toString()
  })
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
  })
  // A command that needs no input may have ended before it comes.
  child.stdin?.on('error', () => {}).end(input)
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, stdout, stderr }))
  return { child, ended }
}

export function runCommand(args: readonly string[], settings: Settings, input?: string): Promise<Ended> {
  return launchCommand(args, settings, input).ended
}

export type RunningServer = { url: string; output: () => string; stop(): Promise<number | null> }

/** `clientele start`, on a free port; throws with what it said when it ends before it answers. */
export async function startServer(settings: Settings): Promise<RunningServer> {
  const child = spawnProgram(['start'], { PORT: '0', LOG_LEVEL: 'warn', CLIENTELE_CONSOLE_BUILD: 'off', ...settings })
  const ended = once(child, 'close').then(([code]) => code as number | null)
  let output = ''
  const url = await new Promise<string | null>((resolve) => {
    const read = (chunk: Buffer) => {
      output += chunk.toString()
      const found = /answers at (http\S+)/.exec(output)?.[1]
      if (found) resolve(found)
    }
    child.stdout?.on('data', read)
    child.stderr?.on('data', read)
    void ended.then(() => resolve(null))
  })
  if (url === null) throw new Error(`the server ended with ${await ended}: ${output}`)
  return {
    url,
    output: () => output,
    stop: () => {
      child.kill('SIGTERM')
      return ended
    },
  }
}

export function makeDataDir(): { dataDir: string; remove(): void } {
  const dataDir = mkdtempSync(path.join(os.tmpdir(), 'clientele-command-'))
  return { dataDir, remove: () => rmSync(dataDir, { recursive: true, force: true }) }
}

export function settingsFor(database: TestDatabase, dataDir: string): Settings {
  return {
    DATABASE_URL: database.applicationUrl,
    DATABASE_OWNER_URL: database.ownerUrl,
    CLIENTELE_DATA_DIR: dataDir,
    CLIENTELE_DATABASE_POOL: '8',
  }
}
