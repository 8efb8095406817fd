/** What the sender claims and records, over all tenants, by functions of the database (migrations/0014). */
import type { Database } from '#platform/db/database.ts'
import type { Attachment } from './attachment.ts'
import type { DigestItem } from './mail-message.ts'
import type { Language } from './schemas.ts'

export type ClaimedMail = {
  tenant_id: string
  id: string
  /** null: a digest. */
  notification_id: string | null
  user_id: string | null
  address: string
  category: string | null
  language: Language
  attempt: number
  created_ms: number
  /** Since it was queued, the address has come to get no mail. */
  suppressed: string | null
  title: string | null
  body: string | null
  html: string | null
  action_url: string | null
  action_label: string | null
  items: DigestItem[] | null
  /** A file that goes along. */
  attachment: Attachment | null
  tenant_name: string
  provider: string | null
  provider_settings: Record<string, unknown> | null
  provider_secret: string | null
}

export async function claimMails(
  database: Database,
  claim: { room: number; each: number; held: Record<string, number>; after: string; leaseSeconds: number },
): Promise<ClaimedMail[]> {
  return database.platformRead<ClaimedMail>(
    'select m.*, notification_attachment(m.tenant_id, m.notification_id) as attachment from take_notification_mails($1, $2, $3, $4, $5) m',
    [claim.room, claim.each, JSON.stringify(claim.held), claim.after, claim.leaseSeconds],
  )
}

export type MailOutcome = {
  tenant_id: string
  id: string
  number: number
  status: 'sent' | 'retrying' | 'failed' | 'suppressed'
  reason: string | null
  /** Of the attempt: accepted, or what went wrong. */
  outcome: string
  response: string | null
  provider: string | null
  provider_message_id: string | null
  retry_ms: number | null
  bounced: boolean
}

export async function recordMails(database: Database, outcomes: readonly MailOutcome[]): Promise<void> {
  await database.platformRead('select record_notification_mails($1)', [JSON.stringify(outcomes)])
}

/** Tenants behind `after` that one claim goes through (migrations/0014). */
const lanesOfClaim = 1_000

/** The tenant with which such a claim ends; null: it goes through all that there are. */
export async function lastLaneOfClaim(database: Database, after: string): Promise<string | null> {
  const [row] = await database.platformRead<{ lane: string | null }>(
    'select notification_lane_beyond($1, $2) as lane',
    [after, lanesOfClaim],
  )
  return row?.lane ?? null
}

/** @returns how many came into lists */
export async function showWaiting(database: Database, limit: number): Promise<number> {
  const [row] = await database.platformRead<{ shown: number }>('select show_waiting_notifications($1) as shown', [
    limit,
  ])
  return row?.shown ?? 0
}
