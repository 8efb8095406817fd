/**
 * better-auth as its documentation sets it up: e-mail and password, sessions in the database, API keys, client credentials by its
 * OAuth provider (which needs its jwt plugin). Runs from the folder that it is installed in (PEER_FOLDER).
 *   PEER_JWT_HEADER=off   without a signed token in a header of every session check
 *   PEER_PREPARE=yes      makes its tables first
 */
import { existsSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

type Api = {
  verifyApiKey(input: { body: object }): Promise<{ valid: boolean }>
  adminCreateOAuthClient(input: { body: object; headers: Headers }): Promise<object>
}
type Auth = { api: Api; options: object; handler(request: Request): Promise<Response> }
type Plugin = (options?: object) => object

const folder = process.env.PEER_FOLDER ?? ''
const load = createRequire(path.join(folder, 'package.json'))
if (!existsSync(folder)) throw new Error('PEER_FOLDER names no folder')
const from = async <T>(name: string): Promise<T> => (await import(pathToFileURL(load.resolve(name)).href)) as T

const { betterAuth } = await from<{ betterAuth(options: object): Auth }>('better-auth')
const { getMigrations } = await from<{
  getMigrations(options: object): Promise<{ runMigrations(): Promise<void> }>
}>('better-auth/db/migration')
const { toNodeHandler } = await from<{ toNodeHandler(auth: Auth): (request: object, response: object) => void }>(
  'better-auth/node',
)
const { jwt } = await from<{ jwt: Plugin }>('better-auth/plugins')
const { apiKey } = await from<{ apiKey: Plugin }>('@better-auth/api-key')
const { oauthProvider } = await from<{ oauthProvider: Plugin }>('@better-auth/oauth-provider')
const { default: pg } = await from<typeof import('pg')>('pg')

const port = Number(process.env.PORT)
const url = `http://127.0.0.1:${port}`
const pool = new pg.Pool({ connectionString: process.env.PEER_DATABASE_URL, max: 16 })
const auth = betterAuth({
  database: pool,
  baseURL: url,
  secret: 'bench-secret-of-better-auth-at-least-32-characters',
  emailAndPassword: { enabled: true },
  // The load comes from one address; limits are another subject.
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  plugins: [
    jwt({ disableSettingJwtHeader: process.env.PEER_JWT_HEADER === 'off' }),
    apiKey({ rateLimit: { enabled: false } }),
    oauthProvider({
      loginPage: '/sign-in',
      consentPage: '/consent',
      scopes: ['openid', 'offline_access', 'client:view'],
      clientPrivileges: () => true,
      silenceWarnings: { oauthAuthServerConfig: true, openidConfig: true },
    }),
  ],
})

const handle = toNodeHandler(auth)
const server = createServer((request, response) => {
  const { url: address, headers } = request
  if (address === '/ready') response.end('ready')
  else if (address === '/verify-key') void verifyKey(String(headers['x-api-key']), response)
  else if (address === '/create-client') void createClient(String(headers.cookie), response)
  else handle(request, response)
})

/** These two are the server's own calls: it has no address for them. */
async function verifyKey(key: string, response: ServerResponse): Promise<void> {
  const { valid } = await auth.api.verifyApiKey({ body: { key } })
  answer(response, valid ? 200 : 401, { valid })
}

async function createClient(cookie: string, response: ServerResponse): Promise<void> {
  const body = {
    client_name: 'bench',
    grant_types: ['client_credentials'],
    token_endpoint_auth_method: 'client_secret_basic',
    client_credentials_scopes: ['client:view'],
    scope: 'client:view',
  }
  try {
    answer(response, 201, await auth.api.adminCreateOAuthClient({ body, headers: new Headers({ cookie }) }))
  } catch (error) {
    answer(response, 500, { message: (error as Error).message, body: (error as { body?: unknown }).body })
  }
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}

if (process.env.PEER_PREPARE === 'yes') await (await getMigrations(auth.options)).runMigrations()
server.listen(port, '127.0.0.1')
process.once('SIGTERM', () => server.close(() => void pool.end()))
