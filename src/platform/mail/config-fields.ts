import { hasControlCharacter, isDomainName, isHost, isMailAddress, isVisibleAscii } from './address-syntax.ts'
import type { MailConfigs, MailProvider } from './types.ts'

/** What is wrong with a value, in words for the client's administrator; null if nothing is. */
type Check = (value: unknown) => string | null
export type ConfigField = { check: Check; required: boolean; secret: boolean }
type ConfigFields = { [P in MailProvider]: Readonly<Record<keyof Required<MailConfigs[P]>, ConfigField>> }

export const providerLabels: Readonly<Record<MailProvider, string>> = {
  smtp: 'SMTP',
  mailgun: 'Mailgun',
  sendgrid: 'SendGrid',
  postmark: 'Postmark',
  ses: 'Amazon SES',
}

const required = (check: Check): ConfigField => ({ check, required: true, secret: false })
const optional = (check: Check): ConfigField => ({ check, required: false, secret: false })
const secret = (field: ConfigField): ConfigField => ({ ...field, secret: true })

const sender = { from_email: required(mailAddress), from_name: optional(text(128)) }

/** Every field of every provider: the one place that says what is checked, needed and secret. */
export const configFields: ConfigFields = {
  smtp: {
    host: required(matching(isHost, 'Invalid hostname')),
    port: required(port),
    username: optional(text(320)),
    password: secret(optional(text(1024))),
    use_tls: required((value) => (typeof value === 'boolean' ? null : 'Must be true or false')),
    ...sender,
  },
  mailgun: {
    api_key: secret(required(token)),
    domain: required(matching(isDomainName, 'Invalid domain')),
    region: optional((value) => (value === 'us' || value === 'eu' ? null : 'Must be "us" or "eu"')),
    ...sender,
  },
  sendgrid: { api_key: secret(required(token)), ...sender },
  postmark: {
    server_token: secret(required(token)),
    message_stream: optional(pattern(/^[a-z0-9][a-z0-9_-]{0,99}$/, 'Invalid message stream')),
    ...sender,
  },
  ses: {
    region: required(pattern(/^[a-z]{2}(-[a-z]{2,12}){1,3}-\d{1,2}$/, 'Invalid AWS region')),
    // IAM, API reference, AccessKey: 16 to 128 word characters.
    access_key_id: required(pattern(/^\w{16,128}$/, 'Invalid access key ID')),
    secret_access_key: secret(required(token)),
    ...sender,
  },
}

function text(maxLength: number): Check {
  return (value) => {
    if (typeof value !== 'string') return 'Must be a string'
    if (value === '' || value.length > maxLength) return `Must have 1 to ${maxLength} characters`
    return hasControlCharacter(value) ? 'Must not contain line breaks or control characters' : null
  }
}

/** A key that travels in an HTTP header. */
function token(value: unknown): string | null {
  const problem = text(512)(value)
  if (problem !== null) return problem
  return isVisibleAscii(String(value)) ? null : 'Must consist of visible ASCII characters'
}

function matching(accepts: (value: string) => boolean, problem: string): Check {
  return (value) => (typeof value === 'string' && accepts(value) ? null : problem)
}

function pattern(expression: RegExp, problem: string): Check {
  return matching((value) => expression.test(value), problem)
}

function mailAddress(value: unknown): string | null {
  return matching(isMailAddress, 'Invalid email address')(value)
}

function port(value: unknown): string | null {
  const valid = typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 65_535
  return valid ? null : 'Must be a whole number from 1 to 65535'
}
