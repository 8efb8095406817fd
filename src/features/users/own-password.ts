import { Type } from 'typebox'
import type { Attempt } from '#features/throttling/index.ts'
import { countFailure, forgetFailures, requireAttempt, requireTurn } from '#features/throttling/index.ts'
import { generateToken, hashSecret } from '#kernel/api-key.ts'
import { coreError, DomainError } from '#kernel/errors.ts'
import { jobCall } from '#platform/jobs/job-call.ts'
import type { Actor, UserActor } from '#platform/operations/actor.ts'
import { defineOperation, definePhasedOperation, Refusal } from '#platform/operations/operation.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import type { Services } from '#platform/operations/services.ts'
import { tellOfChange } from './account-mail.ts'
import { userError } from './errors.ts'
import * as linkStore from './link-store.ts'
import { passwordResetMessage } from './messages.ts'
import { hashPassword, requireGoodPassword, verifyPassword } from './passwords.ts'
import { linkTo, post } from './post.ts'
import { linkToken, password } from './schemas.ts'
import * as store from './store.ts'
import { findTenantName, isTenantActive } from './tenant-store.ts'

const linkLifetimeSeconds = 3600
const mostLinksAnHour = 5

/** Name of the queue, and what a job of it says. */
export const passwordLinkQueue = 'password-link'
export type PasswordLinkJob = { username: string; tenantId: string | null }

function requireAccountUser(actor: Actor): UserActor {
  if (actor.kind !== 'user') {
    throw coreError('permission_missing', { message: 'Only a signed-in user has a password: an API key has none.' })
  }
  if (actor.clientUid !== null) throw coreError('account_level_required')
  return actor
}

export const changeOwnPassword = definePhasedOperation({
  name: 'user.change-own-password',
  summary: "Changes the caller's password; his other sessions end.",
  level: 'self',
  permission: null,
  effect: 'write',
  input: Type.Object({ currentPassword: Type.String({ maxLength: 1024 }), newPassword: password }),
  withoutMfaMay: true,
  prepare: async ({ tx, tenantId, actor, origin, now }, input) => {
    const { userId } = requireAccountUser(actor)
    requireGoodPassword(input.newPassword)
    const user = await store.findUser(tx, tenantId, userId)
    const currentHash = await store.findPasswordHash(tx, tenantId, userId)
    if (!user || currentHash === null) throw userError('user_not_found')
    const attempt: Attempt = {
      kind: 'password',
      subject: store.emailKey(user.email),
      address: origin.ipAddress,
      // A session is a reason to believe the address; the user's own count at it still stops guesses.
      isKnownAddress: true,
    }
    await requireAttempt(tx, attempt, now)
    return { attempt, currentHash }
  },
  perform: async (_work, input, { attempt, currentHash }) => ({
    attempt,
    isRight: await verifyPassword(currentHash, input.currentPassword),
    passwordHash: await hashPassword(input.newPassword),
  }),
  run: async (context, _input, { attempt, isRight, passwordHash }) => {
    const { tx, tenantId, actor, now } = context
    const { userId, sessionId } = requireAccountUser(actor)
    await requireTurn(tx, attempt, now)
    if (!isRight) {
      return new Refusal(userError('current_password_wrong'), {
        category: 'authentication',
        severity: 'warning',
        description: 'Change of password refused: the current one was wrong',
        target: { type: 'user', id: userId },
        context: await countFailure(tx, attempt, now),
      })
    }
    forgetFailures(context, attempt)
    await store.setPassword(tx, tenantId, userId, { passwordHash, now })
    await store.endSessions(tx, tenantId, userId, { reason: 'password_changed', now, except: sessionId })
    await tellOfChange(context, userId, 'password_changed')
    return { id: userId }
  },
  audit: (_input, user) => ({
    category: 'security',
    severity: 'warning',
    description: 'Password changed by its user; other sessions ended',
    target: { type: 'user', id: user.id },
  }),
})

export const requestPasswordLink = defineOperation({
  name: 'user.request-password-link',
  summary: 'Asks for an e-mail with a link to set a new password; the answer is the same for every name.',
  level: 'public',
  permission: null,
  effect: 'write',
  input: Type.Object({
    username: Type.String({ minLength: 1, maxLength: 254 }),
    tenantId: Type.Optional(Type.String({ maxLength: 64 })),
  }),
  run: async ({ tx, services, origin, now }, input) => {
    const attempt: Attempt = { kind: 'link', subject: '', address: origin.ipAddress, isKnownAddress: true }
    await requireTurn(tx, attempt, now)
    await countFailure(tx, attempt, now)
    // Whether there is such a user, only the job finds out: here every name costs the same.
    const job: PasswordLinkJob = { username: input.username, tenantId: input.tenantId ?? null }
    await services.jobs.enqueue(tx, passwordLinkQueue, job)
    return { canSendMail: Boolean(services.settings.mail) }
  },
  audit: () => ({ category: 'security', description: 'Password link asked for' }),
})

/** What the message needs; null when the user gets none. */
type NewLink = { to: string; tenantName: string; token: string } | null

export const createPasswordLink = defineOperation({
  name: 'user.create-password-link',
  summary: 'Makes the link for an active user to set a new password, at most five times an hour.',
  level: 'account',
  permission: 'user:reset-password',
  effect: 'write',
  input: Type.Object({ userId: Type.String({ maxLength: 64 }) }),
  run: async ({ tx, tenantId, actor, now }, input): Promise<{ userId: string; link: NewLink }> => {
    // The link is the account: only the job may have it, to send it to the user's own address.
    if (actor.kind !== 'system') throw coreError('permission_missing')
    const { userId } = input
    const user = await store.lockUser(tx, tenantId, userId)
    // Nobody signs in to a suspended tenant, and nothing is sent in its name.
    if (user?.status !== 'active' || !(await isTenantActive(tx, tenantId))) return { userId, link: null }
    const recent = await linkStore.countRecentResets(tx, tenantId, userId, new Date(now.getTime() - 3_600_000))
    if (recent >= mostLinksAnHour) return { userId, link: null }
    const token = generateToken('pwr')
    const expiresAt = new Date(now.getTime() + linkLifetimeSeconds * 1000)
    await linkStore.insertPasswordReset(tx, tenantId, { tokenHash: hashSecret(token), userId, expiresAt })
    return { userId, link: { to: user.email, tenantName: await findTenantName(tx, tenantId), token } }
  },
  audit: (_input, result) => ({
    category: 'security',
    description: result.link ? 'Password link made' : 'Password link asked for, not made',
    target: { type: 'user', id: result.userId },
  }),
})

/**
 * The job's work: the link is stored before it is sent, so it works as soon as it is there. A provider that does not
 * answer makes the queue try again, with another link; a missing provider does not. What was not sent does not count towards
 * the links of the hour, or whoever asked during an outage would get none after it.
 */
export async function sendPasswordLinks(services: Services, job: PasswordLinkJob, jobId: string): Promise<void> {
  const found = await linkStore.findUsersByName(services.database, job.username, job.tenantId)
  for (const user of found) {
    const call = jobCall(user.tenant_id, passwordLinkQueue, jobId)
    const { link } = await runForResult(services, createPasswordLink, { userId: user.id }, call)
    if (!link) continue
    try {
      const url = linkTo(services, 'reset-password', link.token)
      await post(services, 'password_reset', passwordResetMessage({ ...link, url }))
    } catch (error) {
      await linkStore.dropPasswordReset(services.database, user.tenant_id, hashSecret(link.token))
      if (!(error instanceof DomainError) || error.code !== 'mail_not_configured') throw error
    }
  }
}

export const resetPasswordByLink = definePhasedOperation({
  name: 'user.reset-password-by-link',
  summary: "Sets the password with the link from the e-mail; all of the user's sessions end.",
  level: 'public',
  permission: null,
  effect: 'write',
  input: Type.Object({ token: linkToken, password }),
  prepare: async ({ tx }, input) => {
    requireGoodPassword(input.password)
    const located = await linkStore.locatePasswordReset(tx, hashSecret(input.token))
    if (!located) throw userError('one_time_link_invalid')
    return located
  },
  perform: async (_work, input, located) => ({ located, passwordHash: await hashPassword(input.password) }),
  run: async (context, input, { located, passwordHash }) => {
    await context.enterTenant(located.tenant_id)
    const { tx, tenantId, now } = context
    const user = await store.lockUser(tx, tenantId, located.user_id)
    const used = await linkStore.usePasswordReset(tx, tenantId, hashSecret(input.token), now)
    if (!used || user?.status !== 'active') throw userError('one_time_link_invalid')
    await store.setPassword(tx, tenantId, user.id, { passwordHash, now })
    await store.endSessions(tx, tenantId, user.id, { reason: 'password_reset', now })
    await tellOfChange(context, user.id, 'password_reset')
    return { id: user.id, email: user.email }
  },
  audit: (_input, user) => ({
    category: 'security',
    severity: 'warning',
    description: 'Password reset by e-mail; all sessions ended',
    target: { type: 'user', id: user.id },
  }),
})
