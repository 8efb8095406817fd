/**
 * E-mails that tell a user that how he signs in has changed. Whoever did it himself knows; who did not has no other way to learn
 * that somebody else is in his session, or knows his password.
 */
import { DomainError } from '#kernel/errors.ts'
import type { OperationContext } from '#platform/operations/operation.ts'
import type { Services } from '#platform/operations/services.ts'
import type { AccountChange } from './messages.ts'
import { accountChangedMessage } from './messages.ts'
import { post } from './post.ts'
import { findRecipient } from './store.ts'

/** Name of the queue, and what a job of it says. */
export const accountMailQueue = 'account-mail'
export type AccountMailJob = {
  tenantId: string
  userId: string
  change: AccountChange
  at: string
  /** From where; null: it is nobody's business but the administrator's. */
  address: string | null
  /** Where the user was written to before; null: where he is. */
  to: string | null
}

/**
 * In the transaction of the change: both happen, or neither. Nothing where the platform sends no e-mail.
 * @param to where the user was written to before, for him whose address has been taken away
 */
export async function tellOfChange(
  { tx, services, tenantId, actor, origin, now }: OperationContext,
  userId: string,
  change: AccountChange,
  to: string | null = null,
): Promise<void> {
  if (!services.settings.mail) return
  // A link from an e-mail has no actor; an administrator's address is not the user's to know.
  const isOwn = actor.kind === 'anonymous' || (actor.kind === 'user' && actor.userId === userId)
  const address = isOwn ? origin.ipAddress : null
  const job: AccountMailJob = { tenantId, userId, change, at: now.toISOString(), address, to }
  await services.jobs.enqueue(tx, accountMailQueue, job)
}

/** The job's work. Who has been deactivated since, or is gone, is told nothing. */
export async function sendAccountMail(services: Services, job: AccountMailJob): Promise<void> {
  const recipient = await findRecipient(services.database, job.tenantId, job.userId)
  if (!recipient) return
  const url = `${services.settings.publicUrl}/console/forgot-password`
  try {
    await post(
      services,
      'account_changed',
      accountChangedMessage({ ...job, ...recipient, to: job.to ?? recipient.to, url }),
    )
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== 'mail_not_configured') throw error
  }
}
