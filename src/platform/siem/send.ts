/** One batch of events to one destination; whoever sends does so again until it has been taken. */
import { createHmac } from 'node:crypto'
import type { OutboundHttp } from '../outbound-http/index.ts'
import { OutboundError } from '../outbound-http/index.ts'
import type { Destination, WebhookDestination } from './destination.ts'
import type { SyslogMessage } from './syslog.ts'
import { formatSyslog, sendSyslog } from './syslog.ts'

export type ForwardedBatch = {
  /** The same when the same batch is sent again. */
  id: string
  tenantId: string
  /** Of whom the messages are: the platform's public name. */
  hostname: string
  messages: readonly SyslogMessage[]
}

/** @throws OutboundError */
export async function sendBatch(
  outbound: OutboundHttp,
  destination: Destination,
  batch: ForwardedBatch,
): Promise<void> {
  if (destination.kind === 'webhook') return post(outbound, destination, batch)
  const lines = batch.messages.map((message) => formatSyslog(batch.hostname, message))
  return sendSyslog(outbound, destination, lines)
}

/** Standard Webhooks: HMAC-SHA256 over "id.timestamp.body". */
async function post(outbound: OutboundHttp, { url, secret }: WebhookDestination, batch: ForwardedBatch): Promise<void> {
  const { id, tenantId, messages } = batch
  const events = messages.map(({ text }) => text).join(',')
  const body = `{"type":"audit.events","tenant_id":${JSON.stringify(tenantId)},"events":[${events}]}`
  const timestamp = String(Math.floor(Date.now() / 1000))
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')
  const headers = {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${signature}`,
  }
  const answer = await outbound.request({ method: 'POST', url, headers, body, maxResponseBytes: 16 * 1024 })
  if (answer.status < 200 || answer.status > 299) {
    throw new OutboundError('protocol_error', `The webhook answered with status ${answer.status}`)
  }
}
