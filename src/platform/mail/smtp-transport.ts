import type { OutboundHttp } from '../outbound-http/index.ts'
import type { SmtpConfig } from './types.ts'

export type SmtpConnecting = {
  outbound: OutboundHttp
  config: SmtpConfig
  timeoutMs: number
  tlsCa: string | undefined
}

/** How nodemailer connects: through the guard, with the security that the configuration demands. */
export function transportOptions({ outbound, config, timeoutMs, tlsCa }: SmtpConnecting) {
  const implicitTls = config.port === 465
  return {
    host: config.host,
    port: config.port,
    secure: implicitTls,
    requireTLS: !implicitTls && config.use_tls,
    ignoreTLS: !implicitTls && !config.use_tls,
    tls: { rejectUnauthorized: true, minVersion: 'TLSv1.2' as const, ...(tlsCa === undefined ? {} : { ca: tlsCa }) },
    ...(config.username === undefined
      ? {}
      : { auth: { user: config.username, pass: config.password ?? '' }, forceAuth: true }),
    getSocket: (_options: unknown, callback: (error: Error | null, socket?: never) => void) => {
      outbound.connect(config.host, config.port, { timeoutMs }).then(
        (connection) => callback(null, { connection } as never),
        (error: unknown) => callback(error instanceof Error ? error : new Error('No connection', { cause: error })),
      )
    },
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    socketCloseTimeout: 1_000,
    maxResponseSize: 64 * 1024,
    disableFileAccess: true,
    disableUrlAccess: true,
  }
}
