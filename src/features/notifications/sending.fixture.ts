/** An application whose platform mail goes to a sink on loopback, with a sender that runs. */
import type { TestContext } from 'node:test'
import pg from 'pg'
import { Database } from '#platform/db/database.ts'
import type { SmtpSink } from '#platform/mail/fixtures/smtp-sink.ts'
import { startSmtpSink } from '#platform/mail/fixtures/smtp-sink.ts'
import type { TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import { NotificationSender } from './index.ts'

export type Sending = {
  app: TestApp
  sink: SmtpSink
  token: string
  /** As the owner, whom no row level security stops. */
  query<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>
  startSender(): NotificationSender
}

export function mailTo(port: number) {
  return {
    provider: 'smtp' as const,
    config: { host: '127.0.0.1', port, use_tls: false, from_email: 'platform@example.com', from_name: 'Clientele' },
  }
}

/** For all tests of a file. `sends: false`: a sender is started by who needs one. */
export async function startSending(
  t: { after: (end: () => unknown) => unknown },
  options: { sends?: boolean } = {},
): Promise<Sending> {
  const sink = await startSmtpSink(t as unknown as TestContext, { security: 'plain' })
  const app = await startTestApp({ config: { mail: mailTo(sink.port), outboundAllow: ['127.0.0.1'] } })
  const owner = new pg.Client({ ...app.database.owner })
  await owner.connect()
  const database = new Database({ connection: app.database.application, poolSize: 3 })
  const senders: NotificationSender[] = []
  t.after(async () => {
    for (const sender of senders) await sender.stop(1_000)
    await database.end()
    await owner.end()
    await app.close()
  })
  const startSender = () => {
    const sender = new NotificationSender({ services: app.runtime.services, database, timeoutMs: 3_000 })
    senders.push(sender)
    return sender
  }
  if (options.sends !== false) startSender()
  return {
    app,
    sink,
    token: await app.signIn(),
    query: async <Row extends pg.QueryResultRow>(text: string, values: unknown[] = []) =>
      (await owner.query<Row>(text, values)).rows,
    startSender,
  }
}

/** The subject, decoded as far as tests use it. */
export function subjectOf(raw: string): string {
  const folded = /^Subject: ((?:.*\r\n[ \t])*.*)\r\n/m.exec(raw)?.[1] ?? ''
  return folded
    .replace(/\r\n[ \t]/g, ' ')
    .replace(/\?= =\?/g, '?==?')
    .replace(/=\?UTF-8\?Q\?([^?]*)\?=/gi, (_, text: string) =>
      decodeURIComponent(text.replace(/_/g, ' ').replace(/=([0-9A-F]{2})/g, '%$1')),
    )
}

/** An unfolded header; null: there is none. */
export function headerOf(raw: string, name: string): string | null {
  const head = raw.slice(0, raw.indexOf('\r\n\r\n')).replace(/\r\n[ \t]/g, ' ')
  const line = head.split('\r\n').find((one) => one.toLowerCase().startsWith(`${name.toLowerCase()}:`))
  return line?.slice(name.length + 1).trim() ?? null
}

export async function until<T>(
  what: string,
  look: () => Promise<T | null | undefined | false> | T | null | undefined | false,
): Promise<T> {
  const end = Date.now() + 30_000
  for (;;) {
    const found = await look()
    if (found) return found
    if (Date.now() > end) throw new Error(`did not happen: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
