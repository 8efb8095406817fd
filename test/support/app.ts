/** The whole application on a port of its own and a database of its own, as the tests use it. */
import { Writable } from 'node:stream'
import { promisify } from 'node:util'
import { pino } from 'pino'
import type { DocumentedRoute } from '#contracts/shared/contract.ts'
import { generateFernetKey } from '#kernel/fernet.ts'
import { buildApp } from '#src/app.ts'
import { ensureFirstAdministrator, firstAdministrator, firstTenant } from '#src/bootstrap.ts'
import type { Config } from '#src/config.ts'
import { readConfig } from '#src/config.ts'
import type { Runtime } from '#src/runtime.ts'
import { openRuntime } from '#src/runtime.ts'
import type { TestDatabase } from './postgres.ts'
import { createTestDatabase } from './postgres.ts'

export const adminPassword = 'correct-horse-battery'

export type Answer = { status: number; body: never; text: string; headers: Headers }
export type RequestOptions = {
  method?: string
  /** Sent as JSON. */
  body?: unknown
  /** Sent as it is. */
  raw?: string | Buffer
  token?: string
  apiKey?: string
  headers?: Record<string, string>
}

export type TestApp = {
  url: string
  /** Every route of every contract. */
  routes: readonly DocumentedRoute[]
  runtime: Runtime
  database: TestDatabase
  /** Everything that was logged, as text. */
  logs: string[]
  request(path: string, options?: RequestOptions): Promise<Answer>
  /** How many clients are connected. */
  connections(): Promise<number>
  /** Account level; with clientUid: client level. */
  signIn(clientUid?: string, user?: { username: string; password: string }): Promise<string>
  /** Registers a client in a tenant of its own. */
  register(name?: string): Promise<{ id: string; apiKey: string }>
  /** Creates a client of the first tenant through FactPulse's contract. */
  createClient(name?: string): Promise<string>
  close(): Promise<void>
}

export async function startTestApp(
  options: { config?: Partial<Config>; database?: TestDatabase } = {},
): Promise<TestApp> {
  const database = options.database ?? (await createTestDatabase())
  const config: Config = {
    ...readConfig({ NODE_ENV: 'test' }),
    port: 0,
    databaseUrl: database.applicationUrl,
    databaseOwnerUrl: database.ownerUrl,
    databasePoolSize: 8,
    masterKeys: generateFernetKey(),
    adminPassword,
    // On where a test is about them: the others make more requests a minute than a user may.
    rateLimits: null,
    logLevel: 'info',
    ...options.config,
  }
  const logs: string[] = []
  const sink = new Writable({
    write(chunk, _encoding, done) {
      logs.push(String(chunk))
      done()
    },
  })
  const logger = pino({ level: config.logLevel }, sink)
  const runtime = await openRuntime(config, logger, { migrate: false })
  await runtime.services.signingKeys.ensureCurrent()
  await ensureFirstAdministrator(runtime)
  const app = await buildApp({
    services: runtime.services,
    logger,
    trustProxy: config.trustProxy,
    metricsToken: config.metricsToken,
    findProblems: () => runtime.findProblems(),
    version: 'test',
    clientSilenceMs: config.clientSilenceMs,
  })
  const url = await app.listen({ port: config.port, host: config.host })
  const request = (path: string, wanted: RequestOptions = {}) => send(url, path, wanted)
  let names = 0
  /** One for all clients created here: the sixth session of a user would end the first one, a test's own. */
  let creator: string | undefined

  async function signIn(clientUid?: string, user = { username: firstAdministrator, password: adminPassword }) {
    const body = { ...user, ...(clientUid ? { client_uid: clientUid } : {}) }
    const answer = await request('/api/token/', { method: 'POST', body })
    if (answer.status !== 200) throw new Error(`sign-in: ${answer.status} ${answer.text}`)
    return (answer.body as { access: string }).access
  }

  return {
    url,
    routes: app.documentedRoutes,
    runtime,
    database,
    logs,
    request,
    connections: () => promisify(app.server.getConnections.bind(app.server))(),
    signIn,
    register: async (name = `Registered ${++names}`) => {
      const answer = await request('/api/v1/clients/', { method: 'POST', body: { name } })
      if (answer.status !== 201) throw new Error(`registration: ${answer.status} ${answer.text}`)
      const { data } = answer.body as { data: { id: string; api_key: string } }
      return { id: data.id, apiKey: data.api_key }
    },
    createClient: async (name = `Client ${++names}`) => {
      const create = (token: string) => request('/api/v1/clients', { method: 'POST', token, body: { name } })
      creator ??= await signIn()
      let answer = await create(creator)
      if (answer.status === 401) {
        // Five sign-ins of the administrator later.
        creator = await signIn()
        answer = await create(creator)
      }
      if (answer.status !== 201) throw new Error(`creation: ${answer.status} ${answer.text}`)
      return (answer.body as { uid: string }).uid
    },
    close: async () => {
      await app.close()
      await runtime.close()
      if (!options.database) await database.drop()
    },
  }
}

export { firstAdministrator, firstTenant }

async function send(url: string, path: string, options: RequestOptions): Promise<Answer> {
  const hasBody = options.body !== undefined || options.raw !== undefined
  const response = await fetch(url + path, {
    method: options.method ?? 'GET',
    redirect: 'manual',
    headers: {
      ...(hasBody ? { 'content-type': 'application/json' } : {}),
      ...(options.token ? { authorization: `Bearer ${options.token}` } : {}),
      ...(options.apiKey ? { 'x-api-key': options.apiKey } : {}),
      ...options.headers,
    },
    ...(hasBody
      ? { body: options.raw === undefined ? JSON.stringify(options.body) : new Uint8Array(Buffer.from(options.raw)) }
      : {}),
  })
  const text = await response.text()
  return { status: response.status, text, body: parse(text) as never, headers: response.headers }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
