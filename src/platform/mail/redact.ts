import { splitMailSecrets } from './config.ts'
import type { MailProviderConfig } from './types.ts'

const maxResponseLength = 500

/** Makes a provider's words fit to show: one line, 500 characters, no secret of the configuration in any encoding. */
export type Redact = (text: string) => string

/** Servers like to quote what they refuse, so secrets are looked for in the encodings they were sent in. */
export function createRedact(provider: MailProviderConfig): Redact {
  const secrets = Object.values(splitMailSecrets(provider).secrets)
  const forms = secrets
    .flatMap((secret) => [secret, ...credentialPairs(provider, secret)])
    .flatMap((form) => [form, base64(form), encodeURIComponent(form), JSON.stringify(form).slice(1, -1)])
    .toSorted((a, b) => b.length - a.length)
  return (text) => {
    const clean = forms.reduce((rest, form) => rest.replaceAll(form, '[removed]'), text)
    return clean
      .replace(/[\s\p{Cc}]+/gu, ' ')
      .trim()
      .slice(0, maxResponseLength)
  }
}

function credentialPairs({ provider, config }: MailProviderConfig, secret: string): string[] {
  if (provider === 'smtp') return [`\0${config.username}\0${secret}`] // AUTH PLAIN, RFC 4616
  if (provider === 'mailgun') return [`api:${secret}`] // HTTP Basic
  return []
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64')
}
