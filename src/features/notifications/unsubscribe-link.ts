/** Links that say, signed, which e-mails somebody does not want: they work without a session, for as long as the key is kept. */
import { createHmac } from 'node:crypto'
import { timingSafeEqualText } from '#kernel/signature.ts'

export type UnsubscribeClaim = { tenantId: string; addressKey: string; category: string }

const separator = '\n'

/** `<base64url of the claim>.<base64url of its HMAC-SHA256>` */
export function signUnsubscribe(key: string, claim: UnsubscribeClaim): string {
  const text = [claim.tenantId, claim.category, claim.addressKey].join(separator)
  return `${Buffer.from(text).toString('base64url')}.${signatureOf(key, text)}`
}

/** null: not ours, or changed on its way. */
export function readUnsubscribe(key: string, token: string): UnsubscribeClaim | null {
  const [encoded = '', signature = '', ...more] = token.split('.')
  if (more.length > 0) return null
  const text = Buffer.from(encoded, 'base64url').toString('utf8')
  if (!timingSafeEqualText(signature, signatureOf(key, text))) return null
  const [tenantId, category, addressKey] = text.split(separator)
  return tenantId && category && addressKey ? { tenantId, category, addressKey } : null
}

function signatureOf(key: string, text: string): string {
  return createHmac('sha256', key).update(`unsubscribe${separator}${text}`).digest('base64url')
}
