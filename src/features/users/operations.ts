import { Type } from 'typebox'
import { isRole, roles as knownRoles } from '#features/access/index.ts'
import { newId } from '#kernel/ids.ts'
import { lineOfText } from '#kernel/schemas.ts'
import { definePhasedOperation } from '#platform/operations/operation.ts'
import { userError } from './errors.ts'
import { hashPassword, requireGoodPassword } from './passwords.ts'
import { insertUser, replacePassword } from './store.ts'

const email = Type.String({ format: 'email', maxLength: 254 })
/** Longer than any policy: the rule gives the better message. */
const password = Type.String({ maxLength: 4096 })

export const createUser = definePhasedOperation({
  name: 'user.create',
  summary: 'Creates a user of the tenant.',
  level: 'account',
  permission: 'user:create',
  effect: 'write',
  input: Type.Object({
    email,
    displayName: lineOfText(255),
    password,
    roles: Type.Array(Type.String({ maxLength: 64 }), { minItems: 1, maxItems: 16, uniqueItems: true }),
  }),
  prepare: async (_context, input) => {
    requireGoodPassword(input.password)
    const unknown = input.roles.filter((role) => !isRole(role))
    if (unknown.length > 0) {
      throw userError('user_role_unknown', {
        message: `Unknown role ${unknown.join(', ')}. There are: ${Object.keys(knownRoles).join(', ')}.`,
      })
    }
  },
  perform: (_work, input) => hashPassword(input.password),
  run: ({ tx, tenantId }, input, passwordHash) =>
    insertUser(tx, tenantId, {
      id: newId('user'),
      email: input.email,
      displayName: input.displayName.trim(),
      passwordHash,
      roles: input.roles,
    }),
  audit: (input, user) => ({
    category: 'security',
    description: 'User created',
    target: { type: 'user', id: user.id },
    context: { roles: input.roles },
  }),
})

export const resetPassword = definePhasedOperation({
  name: 'user.reset-password',
  summary: "Sets a user's password and ends all sessions of the user.",
  level: 'account',
  permission: 'user:reset-password',
  effect: 'write',
  input: Type.Object({ email, password }),
  prepare: async (_context, input) => requireGoodPassword(input.password),
  perform: (_work, input) => hashPassword(input.password),
  run: async ({ tx, tenantId, now }, input, passwordHash) => {
    const id = await replacePassword(tx, tenantId, input.email, { passwordHash, now })
    if (!id) throw userError('user_not_found')
    return { id }
  },
  audit: (_input, user) => ({
    category: 'security',
    severity: 'warning',
    description: 'Password reset; all sessions ended',
    target: { type: 'user', id: user.id },
  }),
})
