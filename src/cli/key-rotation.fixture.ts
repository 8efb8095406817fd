/** A server under load whose every answer needs a stored secret: what a rotation of the master keys must not disturb. */
import { once } from 'node:events'
import type { Server } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { firstAdministrator } from '#src/bootstrap.ts'
import { adminPassword } from '#test/support/app.ts'
import type { TestDatabase } from '#test/support/postgres.ts'
import type { RunningServer, Settings } from './command.fixture.ts'
import { settingsFor, startServer } from './command.fixture.ts'

/** Gives a token to whoever sends the secret that belongs to the client id, and to nobody else. */
async function startTokenEndpoint(secrets: Map<string, string>): Promise<{ server: Server; url: string }> {
  const server = createServer((request, response) => {
    const pair = Buffer.from(request.headers.authorization?.replace('Basic ', '') ?? '', 'base64').toString()
    const [id = '', secret = ''] = pair.split(':')
    const right = secrets.get(id) === secret
    response.writeHead(right ? 200 : 401, { 'content-type': 'application/json' })
    response.end(JSON.stringify(right ? { access_token: 'x' } : { error: 'invalid_client' }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token` }
}

export type LoadReport = { written: number; opened: number; failures: string[] }

export type LoadedServer = {
  settings: Settings
  /** Resolves when every client has written and used a secret once more. */
  anotherRound(): Promise<void>
  /** Ends load and server. */
  stop(): Promise<LoadReport>
}

type Answer = { status: number; body: Record<string, unknown>; text: string }

type Sent = { method: string; body?: object; headers?: object }

async function send(server: RunningServer, path: string, options: Sent): Promise<Answer> {
  const response = await fetch(server.url + path, {
    method: options.method,
    headers: { 'content-type': 'application/json', ...options.headers },
    ...(options.body ? { body: JSON.stringify(options.body) } : {}),
  })
  const text = await response.text()
  return { status: response.status, body: JSON.parse(text), text }
}

/** `clientele start` on the database, and clients that write a secret, use it, and repeat an idempotent request. */
export async function startLoadedServer(database: TestDatabase, dataDir: string, clients = 4): Promise<LoadedServer> {
  const settings = {
    ...settingsFor(database, dataDir),
    CLIENTELE_OUTBOUND_ALLOW: '127.0.0.1',
    CLIENTELE_ADMIN_PASSWORD: adminPassword,
    CLIENTELE_RATE_LIMITS: 'off',
  }
  const secrets = new Map<string, string>()
  const endpoint = await startTokenEndpoint(secrets)
  const server = await startServer(settings).catch((error: unknown) => {
    endpoint.server.close()
    throw error
  })
  const signedIn = await send(server, '/api/token/', {
    method: 'POST',
    body: { username: firstAdministrator, password: adminPassword },
  })
  const headers = { authorization: `Bearer ${String(signedIn.body.access)}` }
  const report: LoadReport = { written: 0, opened: 0, failures: [] }
  const rounds = Array.from({ length: clients }, () => 0)
  let stopping = false

  const expect = (answer: Answer, right: boolean, what: string): void => {
    if (!right) report.failures.push(`${what}: ${answer.status} ${answer.text}`)
  }

  async function work(index: number): Promise<void> {
    const name = `Loaded ${index}`
    const creation = { method: 'POST', body: { name }, headers: { ...headers, 'idempotency-key': `create-${index}` } }
    const created = await send(server, '/api/v1/clients', creation)
    expect(created, created.status === 201, 'create')
    const config = `/api/v1/clients/${String(created.body.uid)}/pdp-config`
    const fields = {
      flowServiceUrl: 'https://flow.example',
      tokenUrl: endpoint.url,
      oauthClientId: name.replace(' ', '-'),
    }
    for (let round = 0; !stopping; round++) {
      const clientSecret = `secret-${index}-${round}`
      const put = await send(server, config, { method: 'PUT', body: { ...fields, clientSecret }, headers })
      expect(put, put.status === 200, 'write')
      report.written++
      secrets.set(fields.oauthClientId, clientSecret)
      const tested = await send(server, `${config}/test`, { method: 'POST', headers })
      expect(tested, tested.body.lastTestSuccess === true, 'use')
      const again = await send(server, '/api/v1/clients', creation)
      expect(again, again.status === 201 && again.body.uid === created.body.uid, 'repeat')
      report.opened += 2
      rounds[index] = round + 1
    }
  }

  const load = Promise.all(rounds.map((_, index) => work(index)))
  return {
    settings,
    anotherRound: async () => {
      const goals = rounds.map((round) => round + 2)
      while (!stopping && rounds.some((round, i) => round < (goals[i] ?? 0))) {
        await Promise.race([load, new Promise((resolve) => setTimeout(resolve, 20))])
      }
    },
    stop: async () => {
      stopping = true
      try {
        await load
      } finally {
        await server.stop()
        endpoint.server.close()
      }
      return report
    },
  }
}
