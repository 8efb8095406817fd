/** What the tests of sign-in, second factors and users have in common. */
import pg from 'pg'
import type { Answer, RequestOptions, TestApp } from './app.ts'
import { adminPassword, firstAdministrator, firstTenant } from './app.ts'

export type SignedIn = {
  session_id: string
  access_token: string
  refresh_token: string
  mfa_required: boolean
  mfa_token: string
  user_id: string
}

export type Credentials = { username: string; password: string }

export const administrator: Credentials = { username: firstAdministrator, password: adminPassword }

/** AZALSCORE's sign-in; `from` is the address it seems to come from (the application must trust the test as its proxy). */
export function postSession(
  app: TestApp,
  user: Credentials,
  { from, ...fields }: { from?: string; mfa_code?: string; client_uid?: string; tenant_id?: string } = {},
): Promise<Answer> {
  return app.request('/api/v1/auth/session', {
    method: 'POST',
    body: { ...user, tenant_id: firstTenant, ...fields },
    ...(from ? { headers: { 'x-forwarded-for': from } } : {}),
  })
}

export async function signInAs(
  app: TestApp,
  user: Credentials = administrator,
  fields: { from?: string; mfa_code?: string; client_uid?: string } = {},
): Promise<SignedIn> {
  const answer = await postSession(app, user, fields)
  if (answer.status !== 200) throw new Error(`sign-in: ${answer.status} ${answer.text}`)
  return answer.body
}

let created = 0
/** One session for all users that are made: signing in costs a password hash. */
const makers = new WeakMap<TestApp, string>()

/** A user made by the first administrator. */
export async function createUser(app: TestApp, roles: string[], token?: string): Promise<Credentials & { id: string }> {
  const user = { username: `user${++created}-${roles.join('-')}@example.com`, password: 'three unrelated words' }
  const body = { email: user.username, display_name: `User ${created}`, password: user.password, roles }
  const makeAs = (given: string) => app.request('/api/v1/users', { method: 'POST', token: given, body })
  let answer = await makeAs(token ?? makers.get(app) ?? 'none yet')
  // None yet, or the test has ended it: the sixth session of a user ends the first one.
  if (answer.status === 401 && token === undefined) {
    const { access_token: fresh } = await signInAs(app)
    makers.set(app, fresh)
    answer = await makeAs(fresh)
  }
  if (answer.status !== 201) throw new Error(`user: ${answer.status} ${answer.text}`)
  return { ...user, id: (answer.body as { id: string }).id }
}

/** The error's code in AZALSCORE's format. */
export function codeOf(answer: Answer): string {
  return (answer.body as { error?: { code: string } } | undefined)?.error?.code ?? `none (${answer.status})`
}

/** As the owner of the schema, in the first tenant: to move times, and to look. */
export async function inDatabase<T>(app: TestApp, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: app.database.superuserUrl })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

export type Authenticator = { secret: string; backupCodes: string[]; qrCode: string }

/** Sets up and activates an authenticator; `codeOf` computes a code of its secret. */
export async function setUpTotp(
  app: TestApp,
  token: string,
  computeCode: (secret: string) => string,
): Promise<Authenticator> {
  const answer = await app.request('/api/v1/mfa/totp/setup', { method: 'POST', token })
  if (answer.status !== 200) throw new Error(`set-up: ${answer.status} ${answer.text}`)
  const { secret, backup_codes, qr_code } = answer.body as { secret: string; backup_codes: string[]; qr_code: string }
  const activation = await app.request('/api/v1/mfa/totp/activate', {
    method: 'POST',
    token,
    body: { code: computeCode(secret) },
  })
  if (activation.status !== 200) throw new Error(`activation: ${activation.status} ${activation.text}`)
  return { secret, backupCodes: backup_codes, qrCode: qr_code }
}

/** As if the last accepted code were an hour old, so that the present one is new again. */
export async function forgetUsedSteps(app: TestApp): Promise<void> {
  await inDatabase(app, (client) =>
    client.query('update totp_authenticators set last_used_step = last_used_step - 120'),
  )
}

export function post(app: TestApp, path: string, options: RequestOptions): Promise<Answer> {
  return app.request(path, { method: 'POST', ...options })
}
