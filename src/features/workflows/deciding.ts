/** Who may decide what. Pure. */
import type { Standing } from './approval-store.ts'

export type Question = {
  approvers: readonly string[]
  approved_by: readonly string[]
  submitted_by: string | null
  status: string
  expires_at: Date
}

export type Refused =
  | 'workflow_approver_required'
  | 'workflow_own_submission'
  | 'workflow_approval_decided'
  | 'workflow_approval_expired'

/** What stands for somebody in a list of approvers. */
export function keysOf({ userId, roles }: Standing): string[] {
  return [`user:${userId}`, ...roles.map((role) => `role:${role}`)]
}

/**
 * Whether the user may decide now. He decides for himself or for somebody who lent it to him, never on what he submitted, and
 * never for the one who submitted it.
 */
export function refusalOf(
  question: Question,
  userId: string,
  standings: readonly Standing[],
  now: Date,
): Refused | null {
  const { submitted_by: submitter, approvers, approved_by: approved } = question
  const lent = standings.filter((one) => one.userId !== submitter)
  const may = lent.some((one) => keysOf(one).some((key) => approvers.includes(key)))
  const mightAsSubmitter = standings.some((one) => keysOf(one).some((key) => approvers.includes(key)))
  if (userId === submitter && mightAsSubmitter) return 'workflow_own_submission'
  if (!may) return mightAsSubmitter ? 'workflow_own_submission' : 'workflow_approver_required'
  if (question.status === 'expired') return 'workflow_approval_expired'
  if (question.status !== 'pending' || approved.includes(userId)) return 'workflow_approval_decided'
  return question.expires_at <= now ? 'workflow_approval_expired' : null
}
