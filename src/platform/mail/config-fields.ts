import type { Told } from '#kernel/faults.ts'
import { hasControlCharacter, isDomainName, isHost, isMailAddress, isVisibleAscii } from './address-syntax.ts'
import { mailFault } from './faults.ts'
import type { MailConfigs, MailProvider } from './types.ts'

/** What is wrong with a value; null if nothing is. */
type Check = (value: unknown) => Told | null
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
    host: required(matching(isHost, mailFault('mail_host'))),
    port: required(port),
    username: optional(text(320)),
    password: secret(optional(text(1024))),
    use_tls: required((value) => (typeof value === 'boolean' ? null : mailFault('mail_switch'))),
    ...sender,
  },
  mailgun: {
    api_key: secret(required(token)),
    domain: required(matching(isDomainName, mailFault('mail_domain'))),
    region: optional((value) => (value === 'us' || value === 'eu' ? null : mailFault('mail_region'))),
    ...sender,
  },
  sendgrid: { api_key: secret(required(token)), ...sender },
  postmark: {
    server_token: secret(required(token)),
    message_stream: optional(pattern(/^[a-z0-9][a-z0-9_-]{0,99}$/, mailFault('mail_stream'))),
    ...sender,
  },
  ses: {
    region: required(pattern(/^[a-z]{2}(-[a-z]{2,12}){1,3}-\d{1,2}$/, mailFault('mail_aws_region'))),
    // IAM, API reference, AccessKey: 16 to 128 word characters.
    access_key_id: required(pattern(/^\w{16,128}$/, mailFault('mail_access_key'))),
    secret_access_key: secret(required(token)),
    ...sender,
  },
}

function text(maxLength: number): Check {
  return (value) => {
    if (typeof value !== 'string') return mailFault('mail_text')
    if (value === '' || value.length > maxLength) return mailFault('mail_length', { most: maxLength })
    return hasControlCharacter(value) ? mailFault('mail_control_characters') : null
  }
}

/** A key that travels in an HTTP header. */
function token(value: unknown): Told | null {
  const problem = text(512)(value)
  if (problem !== null) return problem
  return isVisibleAscii(String(value)) ? null : mailFault('mail_ascii')
}

function matching(accepts: (value: string) => boolean, problem: Told): Check {
  return (value) => (typeof value === 'string' && accepts(value) ? null : problem)
}

function pattern(expression: RegExp, problem: Told): Check {
  return matching((value) => expression.test(value), problem)
}

function mailAddress(value: unknown): Told | null {
  return matching(isMailAddress, mailFault('mail_address'))(value)
}

function port(value: unknown): Told | null {
  const valid = typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 65_535
  return valid ? null : mailFault('mail_port')
}
