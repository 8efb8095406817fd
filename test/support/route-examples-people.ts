/** AZALSCORE: users, invitations, passwords, roles, the tenant and its rate limits. */
import { generateToken, hashSecret } from '#kernel/api-key.ts'
import type { TestApp } from './app.ts'
import { inDatabase } from './identity.ts'
import { unique } from './prepared-client.ts'
import type { Example, ExampleOf } from './route-example.ts'

const nothing = (): Example => ({})
const goodPassword = 'several unrelated words'
const newEmail = () => `${unique('new').replace(' ', '-')}@example.com`
const newRole = () => ({ name: unique('role').replace(' ', '_'), permissions: ['client:view'] })

async function created(app: TestApp, path: string, token: string, body: object): Promise<{ id: string; name: string }> {
  const answer = await app.request(path, { method: 'POST', token, body })
  if (answer.status !== 201) throw new Error(`${path}: ${answer.status} ${answer.text}`)
  return answer.body
}

const invite = (app: TestApp, token: string) =>
  created(app, '/api/v1/users/invitations', token, { email: newEmail(), roles: ['viewer'] })

async function customRole(app: TestApp, token: string): Promise<{ role_name: string }> {
  return { role_name: (await created(app, '/api/v1/roles', token, newRole())).name }
}

/** The token of a link to set a new password, as if it had been sent. */
export async function passwordLink(app: TestApp, owner: { tenantId: string; userId: string }): Promise<string> {
  const token = generateToken('pwr')
  await inDatabase(app, (database) =>
    database.query(
      `insert into password_resets (tenant_id, token_hash, user_id, expires_at) values ($1, $2, $3, now() + interval '1 h')`,
      [owner.tenantId, hashSecret(token), owner.userId],
    ),
  )
  return token
}

const user = () => ({
  email: newEmail(),
  display_name: 'New',
  password: goodPassword,
  roles: ['viewer'],
})

export const peopleExamples: Readonly<Record<string, ExampleOf>> = {
  listUsers: { caller: 'account', request: () => ({ query: { limit: '10' } }) },
  createUser: { caller: 'account', request: () => ({ body: user() }) },
  getUser: { caller: 'account', request: (subject) => ({ path: { user_id: subject.user.id } }) },
  updateUser: {
    caller: 'account',
    request: (subject) => ({ path: { user_id: subject.user.id }, body: { display_name: 'Renamed' } }),
  },
  resetMfa: { caller: 'account', request: (subject) => ({ path: { user_id: subject.user.id } }) },

  inviteUser: { caller: 'account', request: () => ({ body: { email: newEmail(), roles: ['viewer'] } }) },
  listInvitations: { caller: 'account', request: nothing },
  withdrawInvitation: {
    caller: 'account',
    request: () => ({ path: { invitation_id: 'inv_unknown' } }),
    prepare: async ({ app, token }) => ({ path: { invitation_id: (await invite(app, token)).id } }),
  },
  acceptInvitation: {
    caller: 'nobody',
    request: () => ({ body: { token: 'inv_unknown', password: goodPassword, display_name: 'Invited' } }),
    prepare: async ({ app, token }) => {
      const { id } = await invite(app, token)
      // The link's token went out by e-mail and is kept as a hash only: the test knows one of its own.
      const known = generateToken('inv')
      await inDatabase(app, (database) =>
        database.query('update invitations set token_hash = $1 where id = $2', [hashSecret(known), id]),
      )
      return { body: { token: known, password: goodPassword, display_name: 'Invited' } }
    },
  },

  viewLink: {
    caller: 'nobody',
    request: () => ({ body: { token: 'pwr_unknown' } }),
    prepare: async ({ app, subject }) => {
      const token = await passwordLink(app, { tenantId: subject.client.tenantId, userId: subject.user.id })
      return { body: { token } }
    },
  },
  requestPasswordLink: { caller: 'nobody', request: (subject) => ({ body: { username: subject.user.username } }) },
  resetPassword: {
    caller: 'nobody',
    request: () => ({ body: { token: 'pwr_unknown', password: goodPassword } }),
    prepare: async ({ app, subject }) => {
      const token = await passwordLink(app, { tenantId: subject.client.tenantId, userId: subject.user.id })
      return { body: { token, password: goodPassword } }
    },
  },
  changePassword: {
    caller: 'user',
    request: (subject) => ({ body: { current_password: subject.user.password, new_password: goodPassword } }),
  },

  listRoles: { caller: 'account', request: nothing },
  createRole: { caller: 'account', request: () => ({ body: { ...newRole(), description: 'One' } }) },
  updateRole: {
    caller: 'account',
    request: () => ({ path: { role_name: 'unknown' }, body: { description: 'Another' } }),
    prepare: async ({ app, token }) => ({ path: await customRole(app, token), body: { description: 'Another' } }),
  },
  deleteRole: {
    caller: 'account',
    request: () => ({ path: { role_name: 'unknown' } }),
    prepare: async ({ app, token }) => ({ path: await customRole(app, token) }),
  },
  getTenant: { caller: 'account', request: nothing },
  updateTenant: { caller: 'account', request: () => ({ body: { mfa_required: false } }) },
  getOverview: { caller: 'account', request: () => ({ query: { days: '14', utc_offset: '60' } }) },
  getRateLimits: { caller: 'account', request: nothing },
  putRateLimits: { caller: 'account', request: () => ({ body: { user: 100, tenant: 1000, transfer: 10 } }) },
}
