/** better-auth beside us: two processes on one database of its own, as installed and without a signed token in every session check. */
import path from 'node:path'
import type { LoadRequest } from './load.ts'
import type { Launch, Measured } from './processes.ts'
import { launch } from './processes.ts'

export type BetterAuth = {
  installed: Measured
  tuned: Measured
  signIns: LoadRequest[]
  sessionChecks: LoadRequest[]
  keyChecks: LoadRequest[]
  tokens: LoadRequest[]
  /** A new process as installed, after the ones before were stopped. */
  restart(): Promise<Measured>
}

export type BetterAuthOptions = {
  /** Whose node_modules has it. */
  folder: string
  databaseUrl: string
  password: string
  users: number
  logFile(name: string): string
}

const jsonHeaders = { 'content-type': 'application/json' }

export async function startBetterAuth(options: BetterAuthOptions): Promise<BetterAuth> {
  const start = (name: string, env: Record<string, string>) => {
    const command: Launch = {
      command: ['bench/peers-better-auth-server.ts'],
      env: { NODE_ENV: 'production', PEER_FOLDER: options.folder, PEER_DATABASE_URL: options.databaseUrl, ...env },
      readyPath: '/ready',
      logFile: options.logFile(name),
    }
    return launch(command)
  }
  const installed = await start('better-auth', { PEER_PREPARE: 'yes' })
  const tuned = await start('better-auth-tuned', { PEER_JWT_HEADER: 'off' })
  const cookies = await signUp(installed, options)
  const [first = ''] = cookies
  return {
    installed,
    tuned,
    signIns: Array.from({ length: options.users }, (_, i) => ({
      method: 'POST',
      path: '/api/auth/sign-in/email',
      headers: jsonHeaders,
      body: JSON.stringify({ email: emailOf(i), password: options.password }),
    })),
    sessionChecks: cookies.map((cookie) => ({ path: '/api/auth/get-session', headers: { cookie } })),
    keyChecks: [{ path: '/verify-key', headers: { 'x-api-key': await createKey(installed, first) } }],
    tokens: [await tokenRequest(installed, first)],
    restart: () => start('better-auth-restart', {}),
  }
}

const emailOf = (number: number) => `bench${number + 1}@example.com`

/** @returns a session's cookie of each user */
async function signUp(server: Measured, { users, password }: BetterAuthOptions): Promise<string[]> {
  const cookies: string[] = []
  for (let i = 0; i < users; i++) {
    const answer = await fetch(`${server.url}/api/auth/sign-up/email`, {
      method: 'POST',
      headers: { ...jsonHeaders, origin: server.url },
      body: JSON.stringify({ name: 'Bench', email: emailOf(i), password }),
    })
    if (!answer.ok) throw new Error(`better-auth, sign-up: ${answer.status} ${await answer.text()}`)
    cookies.push(
      answer.headers
        .getSetCookie()
        .map((one) => one.split(';')[0])
        .join('; '),
    )
  }
  return cookies
}

async function createKey(server: Measured, cookie: string): Promise<string> {
  return (await post<{ key: string }>(server, '/api/auth/api-key/create', cookie, { name: 'bench' })).key
}

async function tokenRequest(server: Measured, cookie: string): Promise<LoadRequest> {
  const client = await post<{ client_id: string; client_secret: string }>(server, '/create-client', cookie, {})
  const credentials = Buffer.from(`${client.client_id}:${client.client_secret}`).toString('base64')
  return {
    method: 'POST',
    path: '/api/auth/oauth2/token',
    headers: { 'content-type': 'application/x-www-form-urlencoded', authorization: `Basic ${credentials}` },
    body: 'grant_type=client_credentials&scope=client%3Aview',
  }
}

async function post<T>(server: Measured, address: string, cookie: string, body: object): Promise<T> {
  const answer = await fetch(server.url + address, {
    method: 'POST',
    headers: { ...jsonHeaders, cookie, origin: server.url },
    body: JSON.stringify(body),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`better-auth, ${path.basename(address)}: ${answer.status} ${text}`)
  return JSON.parse(text) as T
}
