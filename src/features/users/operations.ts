import { Type } from 'typebox'
import { newId } from '#kernel/ids.ts'
import { lineOfText } from '#kernel/schemas.ts'
import { defineOperation, definePhasedOperation } from '#platform/operations/operation.ts'
import { tellOfChange } from './account-mail.ts'
import { userError } from './errors.ts'
import { isActiveOwner, requireAnotherOwner, requireGrantable, requireMayReaddress, requireNotAbove } from './grants.ts'
import { hashPassword, requireGoodPassword } from './passwords.ts'
import { displayName, email, password, roleNames, userStatus } from './schemas.ts'
import * as store from './store.ts'

const mostAtOnce = 200

export const listUsers = defineOperation({
  name: 'user.list',
  summary: 'Lists the users of the tenant in the order of their creation, all of them or those who fit.',
  level: 'account',
  permission: 'user:view',
  effect: 'read',
  input: Type.Object({
    after: Type.Optional(Type.String({ maxLength: 64 })),
    limit: Type.Integer({ minimum: 1, maximum: mostAtOnce }),
    search: Type.Optional(lineOfText(100)),
    status: Type.Optional(userStatus),
    ids: Type.Optional(Type.Array(Type.String({ maxLength: 64 }), { maxItems: mostAtOnce })),
  }),
  run: async ({ tx, tenantId }, input) => {
    const fitting = { search: input.search ?? null, status: input.status ?? null, ids: input.ids ?? null }
    const place = { after: input.after ?? null, limit: input.limit + 1 }
    const found = await store.listUsers(tx, tenantId, { ...fitting, ...place })
    const users = found.slice(0, input.limit)
    return { users, next: found.length > input.limit ? (users.at(-1)?.id ?? null) : null }
  },
})

export const viewUser = defineOperation({
  name: 'user.view',
  summary: 'Shows a user of the tenant.',
  level: 'account',
  permission: 'user:view',
  effect: 'quick read',
  input: Type.Object({ id: Type.String({ maxLength: 64 }) }),
  run: async ({ tx, tenantId }, input) => {
    const user = await store.findUser(tx, tenantId, input.id)
    if (!user) throw userError('user_not_found')
    return user
  },
})

export const createUser = definePhasedOperation({
  name: 'user.create',
  summary: 'Creates a user of the tenant; the roles cannot give more than the caller has.',
  level: 'account',
  permission: 'user:create',
  effect: 'write',
  input: Type.Object({ email, displayName, password, roles: roleNames }),
  prepare: async (_context, input) => requireGoodPassword(input.password),
  perform: (_work, input) => hashPassword(input.password),
  run: async (context, input, passwordHash) => {
    await requireGrantable(context, input.roles)
    return store.insertUser(context.tx, context.tenantId, {
      id: newId('user'),
      email: input.email,
      displayName: input.displayName.trim(),
      passwordHash,
      roles: input.roles,
    })
  },
  audit: (input, user) => ({
    category: 'security',
    description: 'User created',
    target: { type: 'user', id: user.id },
    context: { roles: input.roles },
  }),
})

export const updateUser = defineOperation({
  name: 'user.update',
  summary: "Changes a user's name, roles or e-mail address, deactivates or reactivates him; rights change at once.",
  level: 'account',
  permission: 'user:update',
  effect: 'write',
  input: Type.Object({
    id: Type.String({ maxLength: 64 }),
    displayName: Type.Optional(lineOfText(255)),
    email: Type.Optional(email),
    roles: Type.Optional(roleNames),
    status: Type.Optional(Type.Union([Type.Literal('active'), Type.Literal('deactivated')])),
  }),
  needsStepUp: (input) => input.email !== undefined,
  run: async (context, input) => {
    const { tx, tenantId, now } = context
    if (input.email !== undefined) requireMayReaddress(context.actor, input.id)
    // Owners first, in one order, then the user: changes of two owners at once do not wait for each other in a ring.
    const touchesOwners = input.roles !== undefined || input.status !== undefined
    if (touchesOwners) await store.lockActiveOwners(tx, tenantId)
    const before = await store.lockUser(tx, tenantId, input.id)
    if (!before) throw userError('user_not_found')
    await requireNotAbove(context, before)
    if (input.roles) await requireGrantable(context, input.roles)
    const after = { roles: input.roles ?? before.roles, status: input.status ?? before.status }
    if (isActiveOwner(before) && !isActiveOwner(after)) await requireAnotherOwner(tx, tenantId, before.id)
    const user = await store.updateUser(tx, tenantId, before.id, {
      ...(input.displayName === undefined ? {} : { display_name: input.displayName.trim() }),
      ...(input.email === undefined ? {} : store.addressColumns(input.email)),
      ...(input.roles ? { roles: input.roles } : {}),
      ...(input.status ? { status: input.status } : {}),
      updated_at: now,
    })
    if (user.email !== before.email) {
      await store.withdrawPasswordLinks(tx, tenantId, user.id, now)
      await tellOfChange(context, user.id, 'email_changed', before.email)
    }
    if (user.status === 'deactivated') {
      await store.endSessions(tx, tenantId, user.id, { reason: 'user_deactivated', now })
    }
    return user
  },
  audit: (input, user) => ({
    category: 'security',
    severity: 'warning',
    description: 'User changed',
    target: { type: 'user', id: user.id },
    context: {
      ...(input.roles ? { roles: input.roles } : {}),
      ...(input.status ? { status: input.status } : {}),
      ...changedFields(input),
    },
  }),
})

/** Of what the audit log does not repeat. */
function changedFields({ displayName: name, email: address }: { displayName?: string; email?: string }) {
  const fields = [...(name === undefined ? [] : ['display_name']), ...(address === undefined ? [] : ['email'])]
  return fields.length === 0 ? {} : { fields }
}

export const resetPassword = definePhasedOperation({
  name: 'user.reset-password',
  summary: "Sets a user's password, reactivates him and ends all his sessions.",
  level: 'account',
  permission: 'user:reset-password',
  effect: 'write',
  input: Type.Object({ email, password }),
  prepare: async (_context, input) => requireGoodPassword(input.password),
  perform: (_work, input) => hashPassword(input.password),
  run: async (context, input, passwordHash) => {
    const { tx, tenantId, now } = context
    const user = await store.lockUserByEmail(tx, tenantId, input.email)
    if (!user) throw userError('user_not_found')
    // Who could set the password of somebody above him would be him.
    await requireNotAbove(context, user)
    await store.setPassword(tx, tenantId, user.id, { passwordHash, now })
    await store.updateUser(tx, tenantId, user.id, { status: 'active', updated_at: now })
    await store.endSessions(tx, tenantId, user.id, { reason: 'password_reset', now })
    await tellOfChange(context, user.id, 'password_set')
    return { id: user.id }
  },
  audit: (_input, user) => ({
    category: 'security',
    severity: 'warning',
    description: 'Password reset; all sessions ended',
    target: { type: 'user', id: user.id },
  }),
})
