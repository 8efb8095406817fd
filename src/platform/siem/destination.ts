/** Where audit events are forwarded to: a syslog server, or a webhook. */

export type SyslogDestination = {
  kind: 'syslog'
  host: string
  port: number
  tls: boolean
  /** PEM, beside the system's authorities; null: those only. */
  certificateAuthority: string | null
}
export type WebhookDestination = {
  kind: 'webhook'
  url: string
  /** "whsec_" and the key in base64 (Standard Webhooks). */
  secret: string
}
export type Destination = SyslogDestination | WebhookDestination

const secretForm = /^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/
const hostForm = /^[A-Za-z0-9_.:-]{1,253}$/

/**
 * Reads {"kind": "syslog", "host", "port", "tls", "ca"} or {"kind": "webhook", "url", "secret"}.
 * @throws RangeError that names the field and never a value: a secret may be among them
 */
export function parseDestination(value: unknown): Destination {
  const given = { ...(typeof value === 'object' ? value : null) } as Record<string, unknown>
  if (given.kind === 'syslog') return parseSyslog(given)
  if (given.kind === 'webhook') return parseWebhook(given)
  throw new RangeError('kind must be syslog or webhook')
}

function parseSyslog({ host, port = 6514, tls = true, ca = null }: Record<string, unknown>): SyslogDestination {
  if (typeof host !== 'string' || !hostForm.test(host)) throw new RangeError('host must be a host name or an address')
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new RangeError('port must be a whole number from 1 to 65535')
  }
  if (typeof tls !== 'boolean') throw new RangeError('tls must be true or false')
  if (ca !== null && (typeof ca !== 'string' || !ca.includes('-----BEGIN CERTIFICATE-----'))) {
    throw new RangeError('ca must be a certificate in PEM')
  }
  return { kind: 'syslog', host, port, tls, certificateAuthority: ca }
}

function parseWebhook({ url, secret }: Record<string, unknown>): WebhookDestination {
  if (typeof url !== 'string' || !/^https?:$/.test(URL.parse(url)?.protocol ?? '')) {
    throw new RangeError('url must begin with https:// or http://')
  }
  if (typeof secret !== 'string' || !secretForm.test(secret)) {
    throw new RangeError('secret must be "whsec_" and 24 to 64 bytes in base64')
  }
  return { kind: 'webhook', url, secret }
}
