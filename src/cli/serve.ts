/** Runs the server, a worker, or both, until a signal or the end of the embedded database. */
import v8 from 'node:v8'
import type { FastifyInstance } from 'fastify'
import { createLogger } from '#platform/logging/logger.ts'
import type { Logger } from '#platform/operations/services.ts'
import { requireOwnKeys } from '#platform/secrets/keys-fit.ts'
import { ensureFirstAdministrator, firstAdministrator, firstTenant } from '../bootstrap.ts'
import type { Config } from '../config.ts'
import { ConfigError, readConfig, unknownSettings } from '../config.ts'
import { giveBackIdleMemory } from '../idle-memory.ts'
import type { Runtime } from '../runtime.ts'
import { openRuntime } from '../runtime.ts'
import { startWorker } from '../worker.ts'
import { buildConsoleIfNeeded } from './console-build.ts'
import { version } from './version.ts'

export type Roles = { api: boolean; worker: boolean; buildsConsole?: boolean }

/** How long requests and jobs may still take after a signal. */
const graceMs = 15_000
/** What belongs to a request that was cut off is undone within this. */
const endOfCutOffMs = 2_000

/** @returns the exit code */
export async function serve(roles: Roles): Promise<number> {
  if (roles.worker && !roles.api) keepHeapSmall()
  const config = readConfig()
  const logger = createLogger(config.logLevel)
  const unknown = unknownSettings()
  if (unknown.length > 0)
    logger.warn(
      { ignored: unknown },
      'no settings of this version: see "clientele help settings" for how they are written',
    )
  const stopSignal = waitForSignal()
  // A fault of ours that nothing caught: an ordinary stop with the reason in the log, instead of a torn-down process.
  const fault = waitForFault(logger)
  // A worker serves nothing: it does without the HTTP side and its 60 MB. Loaded while the database starts.
  const loading = roles.api ? import('../app.ts') : null
  loading?.catch(() => {})
  // Beside the start: the server answers before the console is there.
  if (roles.buildsConsole && config.buildsConsole) void buildConsoleIfNeeded()
  const runtime = await openRuntime(config, logger)
  let stopWorker: (() => Promise<void>) | null = null
  let app: FastifyInstance | null = null
  let exitCode = 0
  try {
    await requireOwnKeys(runtime.services.database, runtime.services.secrets)
    await runtime.services.signingKeys.ensureCurrent()
    const password = await ensureFirstAdministrator(runtime)
    // At once: whatever fails from here on, there will be no second first start.
    if (password) greetFirst(password)
    if (roles.worker) stopWorker = await startWorker(runtime)
    if (loading) {
      const { buildApp } = await loading
      app = await buildApp({
        services: runtime.services,
        logger,
        trustProxy: config.trustProxy,
        metricsToken: config.metricsToken,
        findProblems: () => runtime.findProblems(),
        version,
        clientSilenceMs: config.clientSilenceMs,
      })
      await listen(app, config)
    }
    greet(config, app)
    giveBackIdleMemory()
    exitCode = await Promise.race([stopSignal, fault, databaseFailure(runtime)])
    logger.info({}, 'stopping: finishing requests and jobs')
  } finally {
    const force = setTimeout(() => process.exit(1), graceMs + 10_000)
    force.unref()
    await Promise.all([app && closeWithin(app, graceMs), stopWorker?.()])
    await runtime.close()
  }
  return exitCode
}

async function listen(app: FastifyInstance, { host, port }: Config): Promise<void> {
  try {
    await app.listen({ port, host })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (!['ENOTFOUND', 'EAI_AGAIN', 'EADDRNOTAVAIL', 'EINVAL'].includes(code ?? '')) throw error
    throw new ConfigError(`HOST=${host} is no address of this machine (${code}): 127.0.0.1, or 0.0.0.0 for all`, {
      cause: error,
    })
  }
}

/** Requests that take longer, such as an upload whose sender hangs, are cut off: nothing of them was acknowledged. */
async function closeWithin(app: FastifyInstance, ms: number): Promise<void> {
  const closed = app.close()
  await Promise.race([closed, delay(ms)])
  app.server.closeAllConnections()
  await Promise.race([closed, delay(endOfCutOffMs)])
}

function waitForSignal(): Promise<number> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(0))
  })
}

function waitForFault(logger: Logger): Promise<number> {
  return new Promise((resolve) => {
    const end = (error: unknown) => {
      logger.error({ err: error }, 'an error that nothing caught: stopping')
      resolve(1)
    }
    process.on('uncaughtException', end)
    process.on('unhandledRejection', end)
  })
}

async function databaseFailure(runtime: Runtime): Promise<number> {
  const code = await runtime.databaseEnded
  runtime.services.logger.error({ exit_code: code }, 'the embedded database ended by itself: see postgres.log')
  return 1
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref()
  })
}

function greetFirst(password: string): void {
  const lines = [
    'First start. Sign in with (shown this once; set CLIENTELE_ADMIN_PASSWORD to choose):',
    `  tenant_id ${firstTenant}   username ${firstAdministrator}   password ${password}`,
  ]
  process.stdout.write(`${lines.join('\n')}\n\n`)
}

/** What a person at the terminal wants to know; logs go on below it. */
function greet(config: Config, app: FastifyInstance | null): void {
  const lines: string[] = []
  if (app) {
    const [address] = app.addresses()
    const port = typeof address === 'object' ? address.port : config.port
    const url = `http://${config.host === '0.0.0.0' || config.host === '::' ? 'localhost' : config.host}:${port}`
    lines.push(`Clientele ${version} answers at ${url}`)
    // Where links lead, passkeys belong and browsers are taken for the platform's own.
    const shown = config.port === 0 ? url : config.publicUrl
    lines.push(`  console        ${shown}/console/`, `  API documents  ${shown}/docs/`)
    lines.push(`  database       ${config.databaseUrl ? 'DATABASE_URL' : `embedded, in ${config.dataDir}`}`)
  } else lines.push(`Clientele ${version}: the worker runs`)
  process.stdout.write(`${lines.join('\n')}\n\n`)
}

/**
 * A worker's garbage is rows by the thousand, and V8 would rather let the heap grow than collect it: its young generation to
 * 64 MB, the old one to a multiple of what lives. Collected sooner, an import stays below 300 MB, for a few percent of
 * processor time (docs/performance-imports.md).
 */
function keepHeapSmall(): void {
  v8.setFlagsFromString('--semi-space-growth-factor=1')
  v8.setFlagsFromString('--heap-growing-percent=25')
}
