/** AZALSCORE: sessions, second factors, passkeys. */
import { decodeJwt } from 'jose'
import { TOTP } from 'otpauth'
import type { TestApp } from './app.ts'
import { inDatabase, setUpTotp } from './identity.ts'
import { signInAs } from './prepared-client.ts'
import type { Example, ExampleOf, Subject } from './route-example.ts'
import { password } from './route-example.ts'

export const presentCode = (secret: string): string => new TOTP({ secret }).generate()

/** The user's backup codes; from here on its sign-ins need a second factor. */
async function withTotp(app: TestApp, token: string): Promise<string[]> {
  return (await setUpTotp(app, token, presentCode)).backupCodes
}

/** A sign-in of the user that waits for its second factor. */
export async function pendingSignIn(app: TestApp, subject: Subject): Promise<{ mfa_token: string; user_id: string }> {
  const body = { ...password(subject), tenant_id: subject.client.tenantId }
  const answer = await app.request('/api/v1/auth/session', { method: 'POST', body })
  const pending: { mfa_token?: string; user_id: string } = answer.body
  if (pending.mfa_token === undefined) throw new Error(`sign-in does not pend: ${answer.status} ${answer.text}`)
  return { mfa_token: pending.mfa_token, user_id: pending.user_id }
}

export function insertPasskey(app: TestApp, owner: { tenantId: string; userId: string; id: string }): Promise<unknown> {
  return inDatabase(app, (database) =>
    database.query(
      `insert into passkeys (tenant_id, id, user_id, name, public_key, sign_count, transports, is_backed_up)
       values ($1, $2, $3, 'Made by a test', '\\x00', 0, '{}', false)`,
      [owner.tenantId, owner.id, owner.userId],
    ),
  )
}

const nothing = (): Example => ({})
const credential = { id: 'AAAA', rawId: 'AAAA', type: 'public-key', response: {}, clientExtensionResults: {} }
const browser = 'src/contracts/azalscore/passkeys.test.ts'

export const sessionExamples: Readonly<Record<string, ExampleOf>> = {
  createSession: {
    caller: 'nobody',
    request: (subject) => ({ body: { ...password(subject), tenant_id: subject.client.tenantId } }),
  },
  refreshSession: { caller: 'nobody', request: ({ refreshToken }) => ({ body: { refresh_token: refreshToken } }) },
  deleteSession: { caller: 'user', request: nothing },
  whoAmI: { caller: 'user', request: nothing },
  listSessions: { caller: 'user', request: nothing },
  revokeSession: {
    caller: 'user',
    request: () => ({ path: { session_id: 'sess_unknown' } }),
    prepare: async ({ app, subject }) => {
      const { access } = await signInAs(app, subject.user)
      return { path: { session_id: String(decodeJwt(access).sid) } }
    },
  },
  revokeOtherSessions: { caller: 'user', request: nothing },

  setUpTotp: { caller: 'user', request: nothing },
  activateTotp: {
    caller: 'user',
    request: () => ({ body: { code: '000000' } }),
    prepare: async ({ app, token }) => {
      const answer = await app.request('/api/v1/mfa/totp/setup', { method: 'POST', token })
      return { body: { code: presentCode((answer.body as { secret: string }).secret) } }
    },
  },
  verifyMfa: {
    caller: 'nobody',
    request: ({ user }) => ({ body: { user_id: user.id, code: 'ABCD-EFGH-JKLM', method: 'backup_code' } }),
    prepare: async ({ app, subject, token }) => {
      const [code] = await withTotp(app, token)
      return { body: { ...(await pendingSignIn(app, subject)), code, method: 'backup_code' } }
    },
  },
  listMfaMethods: { caller: 'user', request: nothing },
  disableTotp: {
    caller: 'user',
    request: () => ({ body: { code: '000000' } }),
    prepare: async ({ app, token }) => ({ body: { code: (await withTotp(app, token))[0] } }),
  },
  createBackupCodes: {
    caller: 'user',
    request: () => ({ body: { code: '000000' } }),
    prepare: async ({ app, token }) => ({ body: { code: (await withTotp(app, token))[0] } }),
  },

  requestPasskeyRegistration: { caller: 'user', request: nothing },
  registerPasskey: { caller: 'user', request: () => ({ body: { name: 'Laptop', credential } }), succeedsIn: browser },
  requestPasskeyAuthentication: {
    caller: 'nobody',
    request: () => ({ body: { mfa_token: 'mfa_unknown' } }),
    prepare: async ({ app, subject, token }) => {
      await withTotp(app, token)
      return { body: { mfa_token: (await pendingSignIn(app, subject)).mfa_token } }
    },
  },
  verifyPasskeyAuthentication: {
    caller: 'nobody',
    request: () => ({ body: { mfa_token: 'mfa_unknown', credential } }),
    succeedsIn: browser,
  },
  listPasskeys: { caller: 'user', request: nothing },
  deletePasskey: {
    caller: 'user',
    request: () => ({ path: { passkey_id: 'AAAA' } }),
    prepare: async ({ app, subject }) => {
      const { user, client } = subject
      await insertPasskey(app, { tenantId: client.tenantId, userId: user.id, id: 'made-by-a-test' })
      return { path: { passkey_id: 'made-by-a-test' } }
    },
  },
}
