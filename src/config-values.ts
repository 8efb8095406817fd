/** Values of settings that have a form of their own. What does not fit throws a RangeError with words that follow the setting's name. */
import { X509Certificate } from 'node:crypto'
import ipaddr from 'ipaddr.js'
import type { MailEndpoints } from '#platform/mail/index.ts'

/** What Fastify knows by name (its documentation, trustProxy). */
const namedNetworks = ['loopback', 'linklocal', 'uniquelocal']

/** @throws RangeError that names the entry */
export function parseProxies(entries: readonly string[]): string[] {
  for (const entry of entries) {
    if (namedNetworks.includes(entry) || ipaddr.isValid(entry) || ipaddr.isValidCIDR(entry)) continue
    throw new RangeError(`takes addresses and networks such as 10.0.0.7,172.30.0.0/24; "${entry}" is none`)
  }
  return [...entries]
}

/** @throws RangeError where it is no certificate: a mail server would be refused for it, one message after the other */
export function parseAuthority(pem: string | null): string | null {
  if (pem === null) return null
  try {
    new X509Certificate(pem)
    return pem
  } catch (error) {
    const form = 'must be the PEM text of a certificate (-----BEGIN CERTIFICATE-----), not the name of its file'
    throw new RangeError(form, { cause: error })
  }
}

const providers: readonly (keyof MailEndpoints)[] = ['mailgun', 'mailgunEu', 'sendgrid', 'postmark', 'ses', 'sns']

/** @throws RangeError that names the provider */
export function parseMailEndpoints(value: unknown): MailEndpoints {
  const form = 'must be a JSON object of provider and URL'
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new RangeError(form)
  const endpoints: MailEndpoints = {}
  for (const [name, url] of Object.entries(value)) {
    const provider = providers.find((one) => one === name)
    if (!provider) throw new RangeError(`${form}: "${name}" is none of ${providers.join(', ')}`)
    if (typeof url !== 'string' || !/^https?:$/.test(URL.parse(url)?.protocol ?? ''))
      throw new RangeError(`${form}: what stands for ${provider} is no http(s) URL`)
    endpoints[provider] = url
  }
  return endpoints
}
