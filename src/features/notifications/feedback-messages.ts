/** What providers tell of addresses, in our words. What is no final bounce and no complaint is nothing to us. */
import { members } from './feedback-signatures.ts'

export type Feedback = {
  kind: 'bounce' | 'complaint' | 'unsubscribe'
  address: string
  /** The provider's id of the message, without <>; null: it tells none. */
  messageId: string | null
}

/** Mailgun's events: failed for good, complained, unsubscribed. */
export function readMailgun(message: unknown): Feedback[] {
  const event = members(members(message)['event-data'])
  const headers = members(members(event.message).headers)
  const kinds: Record<string, Feedback['kind'] | undefined> = {
    failed: event.severity === 'permanent' ? 'bounce' : undefined,
    complained: 'complaint',
    unsubscribed: 'unsubscribe',
  }
  return one(kinds[String(event.event)], event.recipient, headers['message-id'])
}

/** SendGrid's list of events; a "blocked" bounce is the server's mood, not the address. */
export function readSendgrid(message: unknown): Feedback[] {
  if (!Array.isArray(message)) return []
  return message.slice(0, 10_000).flatMap((each: unknown) => {
    const event = members(each)
    const kinds: Record<string, Feedback['kind'] | undefined> = {
      bounce: event.type === 'blocked' ? undefined : 'bounce',
      spamreport: 'complaint',
      unsubscribe: 'unsubscribe',
    }
    // "<id as we were told>.<filter and more>"
    const id = typeof event.sg_message_id === 'string' ? (event.sg_message_id.split('.')[0] ?? null) : null
    return one(kinds[String(event.event)], event.email, id)
  })
}

const finalBounces = ['HardBounce', 'BadEmailAddress', 'ManuallyDeactivated', 'Unsubscribe']

/** Postmark's records of bounces and complaints. */
export function readPostmark(message: unknown): Feedback[] {
  const record = members(message)
  if (record.RecordType === 'SpamComplaint') return one('complaint', record.Email, record.MessageID)
  if (record.RecordType === 'SubscriptionChange') {
    return record.SuppressSending === true ? one('unsubscribe', record.Recipient, record.MessageID) : []
  }
  const isFinal = record.RecordType === 'Bounce' && finalBounces.includes(String(record.Type))
  return isFinal ? one('bounce', record.Email, record.MessageID) : []
}

/** The message inside a notification of Amazon SNS: SES's own notifications, and its event publishing. */
export function readSes(message: unknown): Feedback[] {
  const event = members(message)
  const type = event.notificationType ?? event.eventType
  const messageId = members(event.mail).messageId
  const bounce = members(event.bounce)
  const complaint = members(event.complaint)
  if (type === 'Bounce' && bounce.bounceType === 'Permanent') return many('bounce', bounce.bouncedRecipients, messageId)
  if (type === 'Complaint') return many('complaint', complaint.complainedRecipients, messageId)
  return []
}

function many(kind: Feedback['kind'], recipients: unknown, messageId: unknown): Feedback[] {
  if (!Array.isArray(recipients)) return []
  return recipients.slice(0, 1_000).flatMap((each: unknown) => one(kind, members(each).emailAddress, messageId))
}

function one(kind: Feedback['kind'] | undefined, address: unknown, messageId: unknown): Feedback[] {
  if (!kind || typeof address !== 'string' || address.length > 254 || !/^[^\s@\p{Cc}]+@[^\s@\p{Cc}]+$/u.test(address))
    return []
  const id = typeof messageId === 'string' && /^[\x21-\x7e]{1,500}$/.test(messageId) ? messageId : null
  return [{ kind, address, messageId: id?.replace(/^<|>$/g, '') ?? null }]
}
