import { Type } from 'typebox'
import { covers, permissionsOfRoles, readGrants } from '#features/access/index.ts'
import { generateToken, hashSecret } from '#kernel/api-key.ts'
import { newId } from '#kernel/ids.ts'
import type { OperationContext } from '#platform/operations/operation.ts'
import { defineOperation, definePhasedOperation } from '#platform/operations/operation.ts'
import { userError } from './errors.ts'
import { requireGrantable } from './grants.ts'
import type { Invitation } from './link-store.ts'
import * as linkStore from './link-store.ts'
import { invitationMessage } from './messages.ts'
import { hashPassword, requireGoodPassword } from './passwords.ts'
import { linkTo, post } from './post.ts'
import { displayName, email, linkToken, password, roleNames } from './schemas.ts'
import * as store from './store.ts'
import { findTenantName } from './tenant-store.ts'

const lifetimeSeconds = 7 * 24 * 3600

export const inviteUser = definePhasedOperation({
  name: 'user.invite',
  summary: 'Sends an invitation with a one-time link, good for 7 days; another one to the same address replaces it.',
  level: 'account',
  permission: 'user:create',
  effect: 'write',
  input: Type.Object({ email, roles: roleNames }),
  prepare: async (context, input) => {
    const { tx, tenantId, services } = context
    if (!services.settings.mail) throw userError('mail_not_configured')
    await requireGrantable(context, input.roles)
    if (await store.lockUserByEmail(tx, tenantId, input.email)) throw userError('user_email_taken')
    const { actor } = context
    const inviter = actor.kind === 'user' ? await store.findUser(tx, tenantId, actor.userId) : null
    return { tenantName: await findTenantName(tx, tenantId), invitedBy: inviter?.displayName ?? null }
  },
  perform: async ({ services }, input, names) => {
    const token = generateToken('inv')
    const url = linkTo(services, 'accept-invitation', token)
    await post(services, 'invitation', invitationMessage({ to: input.email, url, ...names }))
    return hashSecret(token)
  },
  run: async (context, input, tokenHash) => {
    await requireGrantable(context, input.roles)
    const { tx, tenantId, actor, now } = context
    return linkStore.replaceInvitation(tx, tenantId, {
      id: newId('inv'),
      tokenHash,
      email: input.email,
      roles: input.roles,
      invitedBy: actor.kind === 'user' ? actor.userId : null,
      expiresAt: new Date(now.getTime() + lifetimeSeconds * 1000),
      now,
    })
  },
  audit: (input, invitation) => ({
    category: 'security',
    description: 'User invited',
    target: { type: 'invitation', id: invitation.id },
    context: { roles: input.roles },
  }),
})

export const listInvitations = defineOperation({
  name: 'user.list-invitations',
  summary: 'Lists the invitations that have not been accepted yet.',
  level: 'account',
  permission: 'user:view',
  effect: 'read',
  input: Type.Object({}),
  run: async ({ tx, tenantId, now }) => ({ invitations: await linkStore.listInvitations(tx, tenantId, now) }),
})

export const withdrawInvitation = defineOperation({
  name: 'user.withdraw-invitation',
  summary: 'Withdraws an invitation; its link works no more.',
  level: 'account',
  permission: 'user:create',
  effect: 'write',
  input: Type.Object({ id: Type.String({ maxLength: 64 }) }),
  run: async ({ tx, tenantId }, input) => {
    if (!(await linkStore.deleteInvitation(tx, tenantId, input.id))) throw userError('invitation_not_found')
    return { id: input.id }
  },
  audit: (_input, invitation) => ({
    category: 'security',
    description: 'Invitation withdrawn',
    target: { type: 'invitation', id: invitation.id },
  }),
})

export const acceptInvitation = definePhasedOperation({
  name: 'user.accept-invitation',
  summary: 'Makes the invited person a user, with a password of his own choice.',
  level: 'public',
  permission: null,
  effect: 'write',
  input: Type.Object({ token: linkToken, password, displayName }),
  prepare: async ({ tx }, input) => {
    requireGoodPassword(input.password)
    const located = await linkStore.locateInvitation(tx, hashSecret(input.token))
    // Before the password is hashed: that costs, and anybody may call.
    if (!located) throw userError('one_time_link_invalid')
    return located
  },
  perform: async (_work, input, located) => ({ located, passwordHash: await hashPassword(input.password) }),
  run: async (context, input, { located, passwordHash }) => {
    await context.enterTenant(located.tenant_id)
    const { tx, tenantId, now } = context
    const invitation = await linkStore.acceptInvitation(tx, tenantId, {
      id: located.id,
      tokenHash: hashSecret(input.token),
      now,
    })
    if (!invitation || !(await mayStillInvite(context, invitation))) throw userError('one_time_link_invalid')
    return store.insertUser(tx, tenantId, {
      id: newId('user'),
      email: invitation.email,
      displayName: input.displayName.trim(),
      passwordHash,
      roles: invitation.roles,
    })
  },
  audit: (_input, user) => ({
    category: 'security',
    description: 'Invitation accepted: user created',
    target: { type: 'user', id: user.id },
    context: { roles: user.roles },
  }),
})

/** Whoever has lost his rights since gives nothing any more, and a role that has grown since is not given unseen. */
async function mayStillInvite({ tx, tenantId }: OperationContext, invitation: Invitation): Promise<boolean> {
  const given = await readGrants(tx, tenantId, invitation.roles)
  if (given.unknown.length > 0) return false
  if (invitation.invitedBy === null) return true
  const inviter = await store.findUser(tx, tenantId, invitation.invitedBy)
  if (inviter?.status !== 'active') return false
  const held = await readGrants(tx, tenantId, inviter.roles)
  return (
    covers(held.permissions, given.permissions) && covers(held.permissions, permissionsOfRoles([], ['user:create']))
  )
}
