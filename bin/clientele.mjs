#!/usr/bin/env node
// Starts Clientele under Node 24, whatever Node this machine has: npm installs one into node_modules (package "node").
// Plain JavaScript for Node 18 and newer, because an older Node has to be able to read it.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import * as nodeModule from 'node:module'
import { constants } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const NEEDED_MAJOR = 24
const root = fileURLToPath(new URL('..', import.meta.url))

if (majorOf(process.versions.node) >= NEEDED_MAJOR) {
  // Keeps the compiled modules between starts: a third of the time of a cold one.
  nodeModule.enableCompileCache()
  await import('../src/main.ts')
} else {
  const node = findInstalledNode()
  if (node) runUnder(node)
  else {
    console.error(
      `Clientele needs Node ${NEEDED_MAJOR}; this is ${process.version}, and the Node ${NEEDED_MAJOR} that comes with ` +
        `Clientele's packages is missing. In ${root} run: npm ci`,
    )
    process.exitCode = 1
  }
}

function majorOf(version) {
  return Number.parseInt(version, 10)
}

/** The program of the package "node", or undefined where it is absent, was not unpacked or is too old. */
function findInstalledNode() {
  const directory = join(root, 'node_modules', 'node')
  const program = join(directory, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  if (!existsSync(program)) return undefined
  const { version } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'))
  return majorOf(version) >= NEEDED_MAJOR ? program : undefined
}

/** Runs this file again under the newer Node and ends as that one ends: same exit code, or same signal. */
function runUnder(node) {
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' })
  child.on('error', (error) => {
    console.error(`Cannot start ${node}: ${error.message}. In ${root} run: npm ci`)
    process.exit(1)
  })

  for (const signal of ['SIGTERM', 'SIGUSR2']) process.on(signal, () => child.kill(signal))
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGHUP']) {
    // A terminal sends these to both processes; passing them on would make the server see a second Ctrl-C.
    process.on(signal, () => process.stdin.isTTY || child.kill(signal))
  }
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
    // Where the signal does not end this process: the code that a shell shows for it.
    process.exitCode = 128 + constants.signals[signal]
  })
}
