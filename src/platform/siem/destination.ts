/** Where audit events are forwarded to: a syslog server, or a webhook. */
import { DestinationError, siemFault } from './faults.ts'

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
 * @throws DestinationError that names the field and never a value: a secret may be among them
 */
export function parseDestination(value: unknown): Destination {
  const given = { ...(typeof value === 'object' ? value : null) } as Record<string, unknown>
  if (given.kind === 'syslog') return parseSyslog(given)
  if (given.kind === 'webhook') return parseWebhook(given)
  throw new DestinationError('kind', siemFault('siem_kind'))
}

function parseSyslog({ host, port = 6514, tls = true, ca = null }: Record<string, unknown>): SyslogDestination {
  if (typeof host !== 'string' || !hostForm.test(host)) throw new DestinationError('host', siemFault('siem_host'))
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new DestinationError('port', siemFault('siem_port'))
  }
  if (typeof tls !== 'boolean') throw new DestinationError('tls', siemFault('siem_tls'))
  if (ca !== null && (typeof ca !== 'string' || !ca.includes('-----BEGIN CERTIFICATE-----'))) {
    throw new DestinationError('ca', siemFault('siem_authority'))
  }
  return { kind: 'syslog', host, port, tls, certificateAuthority: ca }
}

function parseWebhook({ url, secret }: Record<string, unknown>): WebhookDestination {
  if (typeof url !== 'string' || !/^https?:$/.test(URL.parse(url)?.protocol ?? '')) {
    throw new DestinationError('url', siemFault('siem_url'))
  }
  if (typeof secret !== 'string' || !secretForm.test(secret)) {
    throw new DestinationError('secret', siemFault('siem_secret'))
  }
  return { kind: 'webhook', url, secret }
}
