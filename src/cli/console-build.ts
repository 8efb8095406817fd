/** Builds the console when what was built is missing or older than its sources: a few seconds, beside the server's start. */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { globSync } from 'node:fs'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { tell } from './output.ts'

const directory = path.join(import.meta.dirname, '../../console')
const built = path.join(directory, 'dist')
/** In what was built: the hash of the sources that it was built from. */
const stamp = 'sources.sha256'

/** Never throws: a server without its console is still a server; the terminal is told. */
export async function buildConsoleIfNeeded(): Promise<void> {
  try {
    const sources = await hashOfSources()
    const known = await readFile(path.join(built, stamp), 'utf8').catch(() => null)
    if (known === sources) return
    tell('Building the console: a few seconds ...')
    const started = performance.now()
    await build(sources)
    tell(`The console is built (${((performance.now() - started) / 1000).toFixed(1)} s).`)
  } catch (error) {
    tell(`The console was not built: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** Into a folder of its own, which then takes the place of the old one: nobody is served half a build. */
async function build(sources: string): Promise<void> {
  const fresh = `${built}.${process.pid}`
  try {
    await runVite(fresh)
    await writeFile(path.join(fresh, stamp), sources)
    await rm(built, { recursive: true, force: true })
    await rename(fresh, built)
  } finally {
    await rm(fresh, { recursive: true, force: true })
  }
}

function runVite(target: string): Promise<void> {
  const { resolve } = createRequire(path.join(directory, 'package.json'))
  const vite = path.join(path.dirname(resolve('vite/package.json')), 'bin/vite.js')
  const args = [vite, 'build', '--outDir', target, '--emptyOutDir', '--logLevel', 'warn']
  const child = spawn(process.execPath, args, { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
  }
  const stop = () => child.kill()
  process.once('exit', stop)
  return new Promise<void>((done, fail) => {
    child.once('error', fail)
    child.once('close', (code) => {
      process.removeListener('exit', stop)
      if (code === 0) done()
      else fail(new Error(output.trim().slice(-4000) || `vite ended with ${code}`))
    })
  })
}

async function hashOfSources(): Promise<string> {
  const files = globSync(['src/**/*.*', 'public/**/*.*', 'index.html', 'vite.config.ts', 'package.json'], {
    cwd: directory,
  })
  const hash = createHash('sha256')
  for (const file of files.sort()) {
    hash.update(`${file}\0`).update(await readFile(path.join(directory, file)))
  }
  return hash.digest('hex')
}
