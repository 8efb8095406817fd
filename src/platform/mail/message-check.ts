import { hasControlCharacter, isMailAddress } from './address-syntax.ts'
import type { MailAttachment, MailMessage } from './types.ts'

const maxSubjectLength = 900
// The shortest limits of the five providers (Amazon SES v2, MessageHeader).
const maxHeaderValueLength = 870
const maxHeaders = 15
/** The least of what the five providers take (Postmark: 10 MB, in base64). */
export const mostAttachedBytes = 7 * 1024 * 1024

// Set by us or by the provider; a second one would contradict the first (and Bcc would add recipients).
const reservedHeaders =
  /^(from|sender|to|cc|bcc|subject|reply-to|date|message-id|mime-version|content-.*|received|return-path|dkim-signature|resent-.*|x-sg-.*|x-mailgun-.*|x-ses-.*|x-pm-.*)$/i

/**
 * Refuses what could not be sent, or what could smuggle headers or recipients in (line breaks in a header).
 *
 * @returns what is wrong with the message, null if nothing is
 */
export function findMessageProblem(message: MailMessage): string | null {
  if (!isMailAddress(message.to)) return 'The recipient is not a valid email address'
  if (message.replyTo !== undefined && !isMailAddress(message.replyTo)) {
    return 'The reply address is not a valid email address'
  }
  if (message.subject === '' || message.subject.length > maxSubjectLength) {
    return `The subject must have 1 to ${maxSubjectLength} characters`
  }
  if (hasControlCharacter(message.subject)) return 'The subject contains a line break or control character'
  if (message.text === '') return 'The message has no text'
  const unfit = findAttachmentProblem(message.attachments ?? [])
  if (unfit !== null) return unfit
  return findHeaderProblem(Object.entries(message.headers ?? {}))
}

function findAttachmentProblem(attachments: readonly MailAttachment[]): string | null {
  for (const { name, contentType } of attachments) {
    if (name === '' || name.length > 200 || hasControlCharacter(name) || /["/\\]/.test(name)) {
      return 'The name of an attachment has what no file name has'
    }
    if (!/^[\w.+-]+\/[\w.+-]+(; ?[\w-]+=[\w-]+)*$/.test(contentType)) return 'An attachment has no valid content type'
  }
  const bytes = attachments.reduce((sum, { content }) => sum + content.length, 0)
  return bytes > mostAttachedBytes ? `The attachments have more than ${mostAttachedBytes} bytes` : null
}

function findHeaderProblem(headers: [string, string][]): string | null {
  if (headers.length > maxHeaders) return `A message may have at most ${maxHeaders} headers of its own`
  for (const [name, value] of headers) {
    if (!/^[a-z][a-z0-9-]{0,75}$/i.test(name)) return 'A header name has characters other than letters, digits, hyphens'
    if (reservedHeaders.test(name)) return `The header "${name}" cannot be set`
    if (value.length > maxHeaderValueLength || !/^[\x20-\x7e]+$/.test(value)) {
      return `The header "${name}" must have 1 to ${maxHeaderValueLength} printable ASCII characters`
    }
  }
  return null
}
