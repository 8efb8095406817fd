/** The only reader of the environment: every setting typed, checked and documented here. */

/** A setting that cannot be used; the message names it and says what it takes. */
export class ConfigError extends Error {
  override name = 'ConfigError'
}

export type Config = {
  /** PORT (8000): where the server listens; 0 = any free one */
  port: number
  /** HOST (127.0.0.1) */
  host: string
  /** DATABASE_URL: an existing PostgreSQL 15 or newer; absent = embedded */
  databaseUrl: string | null
  /** DATABASE_OWNER_URL: for migrations, where DATABASE_URL signs in as the application's role only */
  databaseOwnerUrl: string | null
  /** CLIENTELE_DATABASE_POOL (16): connections of one process */
  databasePoolSize: number
  /** CLIENTELE_POSTGRES_BIN: folder of another PostgreSQL's programs for the embedded database */
  postgresBin: string | null
  /** CLIENTELE_DATA_DIR (./data): embedded database, generated keys */
  dataDir: string
  /** CLIENTELE_MASTER_KEYS: Fernet keys, comma-separated, the first encrypts; absent = generated into the data dir */
  masterKeys: string | null
  /** CLIENTELE_ADMIN_PASSWORD: of the first administrator; absent = generated, printed once */
  adminPassword: string | null
  /** CLIENTELE_SELF_REGISTRATION (open; closed in production) */
  selfRegistration: 'open' | 'closed'
  /** CLIENTELE_OUTBOUND_ALLOW: hosts, addresses or networks that outbound calls may reach though private */
  outboundAllow: string[]
  /** CLIENTELE_PUBLIC_URL (http://localhost:PORT): issuer and base of links */
  publicUrl: string
  /** CLIENTELE_TRUST_PROXY: addresses or networks of load balancers whose X-Forwarded-For counts */
  trustProxy: string[]
  /** CLIENTELE_SMTP_CA: PEM text of an authority that clients' SMTP servers may use */
  smtpCertificateAuthority: string | null
  /** CLIENTELE_MAIL_ENDPOINTS: JSON, other addresses of the mail providers' APIs (a proxy) */
  mailEndpoints: Record<string, string>
  /** CLIENTELE_METRICS_TOKEN: Bearer token that /metrics asks for; absent = only callers on this machine */
  metricsToken: string | null
  /** LOG_LEVEL (info): debug, info, warn, error, silent */
  logLevel: string
  /** NODE_ENV=production: stricter defaults, live API keys */
  isProduction: boolean
}

type Environment = Record<string, string | undefined>

/** @throws ConfigError */
export function readConfig(env: Environment = process.env): Config {
  const isProduction = env.NODE_ENV === 'production'
  const port = integer(env, 'PORT', 8000, { min: 0, max: 65_535 })
  const databaseUrl = url(env, 'DATABASE_URL', ['postgres:', 'postgresql:'])
  const masterKeys = text(env, 'CLIENTELE_MASTER_KEYS')
  if (isProduction && masterKeys === null) {
    throw new ConfigError(
      'CLIENTELE_MASTER_KEYS is required in production: make one with "npx clientele key generate" and keep it outside of the data directory and its backups.',
    )
  }
  return {
    port,
    host: text(env, 'HOST') ?? '127.0.0.1',
    databaseUrl,
    databaseOwnerUrl: url(env, 'DATABASE_OWNER_URL', ['postgres:', 'postgresql:']),
    databasePoolSize: integer(env, 'CLIENTELE_DATABASE_POOL', 16, { min: 2, max: 500 }),
    postgresBin: text(env, 'CLIENTELE_POSTGRES_BIN'),
    dataDir: text(env, 'CLIENTELE_DATA_DIR') ?? './data',
    masterKeys,
    adminPassword: text(env, 'CLIENTELE_ADMIN_PASSWORD'),
    selfRegistration: oneOf(env, 'CLIENTELE_SELF_REGISTRATION', ['open', 'closed'], isProduction ? 'closed' : 'open'),
    outboundAllow: list(env, 'CLIENTELE_OUTBOUND_ALLOW'),
    publicUrl: (url(env, 'CLIENTELE_PUBLIC_URL', ['http:', 'https:']) ?? `http://localhost:${port}`).replace(
      /\/+$/,
      '',
    ),
    trustProxy: list(env, 'CLIENTELE_TRUST_PROXY'),
    smtpCertificateAuthority: text(env, 'CLIENTELE_SMTP_CA'),
    mailEndpoints: endpoints(env, 'CLIENTELE_MAIL_ENDPOINTS'),
    metricsToken: text(env, 'CLIENTELE_METRICS_TOKEN'),
    logLevel: oneOf(env, 'LOG_LEVEL', ['debug', 'info', 'warn', 'error', 'silent'], 'info'),
    isProduction,
  }
}

function text(env: Environment, name: string): string | null {
  const value = env[name]?.trim()
  return value === undefined || value === '' ? null : value
}

function list(env: Environment, name: string): string[] {
  return (text(env, name) ?? '')
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')
}

function integer(env: Environment, name: string, fallback: number, limits: { min: number; max: number }): number {
  const given = text(env, name)
  if (given === null) return fallback
  const value = Number(given)
  if (Number.isInteger(value) && value >= limits.min && value <= limits.max) return value
  throw new ConfigError(`${name} must be a whole number from ${limits.min} to ${limits.max}.`)
}

function oneOf<const Value extends string>(
  env: Environment,
  name: string,
  values: readonly Value[],
  fallback: Value,
): Value {
  const given = text(env, name)
  if (given === null) return fallback
  const found = values.find((value) => value === given)
  if (found !== undefined) return found
  throw new ConfigError(`${name} must be one of ${values.join(', ')}.`)
}

/** The text may hold a password: the message names the setting only. */
function url(env: Environment, name: string, protocols: readonly string[]): string | null {
  const given = text(env, name)
  if (given === null) return null
  if (URL.canParse(given) && protocols.includes(new URL(given).protocol)) return given
  throw new ConfigError(`${name} must be a URL that begins with ${protocols.map((one) => `${one}//`).join(' or ')}.`)
}

function endpoints(env: Environment, name: string): Record<string, string> {
  const given = text(env, name)
  if (given === null) return {}
  try {
    const parsed: unknown = JSON.parse(given)
    if (typeof parsed === 'object' && parsed !== null) {
      return Object.fromEntries(Object.entries(parsed).map(([provider, base]) => [provider, String(base)]))
    }
  } catch {
    // said below
  }
  throw new ConfigError(`${name} must be a JSON object of provider and URL.`)
}
