/** The only reader of the environment: every setting (settings.ts) typed and checked. */
import { InvalidKeyRingError, parseKeyRing } from '#kernel/key-ring.ts'
import { DatabaseUrlError, serverUrls } from '#platform/db/primary.ts'
import { replicaUrls } from '#platform/db/replica-urls.ts'
import type { ScannerAddress } from '#platform/files/index.ts'
import { parseScannerAddress } from '#platform/files/index.ts'
import type { MailEndpoints, MailProviderConfig } from '#platform/mail/index.ts'
import { validateMailConfig } from '#platform/mail/index.ts'
import { parseAllowList } from '#platform/outbound-http/index.ts'
import type { RateLimitSettings } from '#platform/rate-limits/index.ts'
import { parseRateLimits } from '#platform/rate-limits/index.ts'
import type { Destination } from '#platform/siem/index.ts'
import { DestinationError, parseDestination } from '#platform/siem/index.ts'
import { parseAuthority, parseMailEndpoints, parseProxies } from './config-values.ts'
import type { DefaultedSetting, SettingName } from './settings.ts'
import { settings } from './settings.ts'

/** A setting that cannot be used; the message names it and says what it takes. */
export class ConfigError extends Error {
  override name = 'ConfigError'
}

export type Config = {
  port: number
  host: string
  /** null = embedded */
  databaseUrl: string | null
  databaseOwnerUrl: string | null
  /** Streaming replicas for long reads; null = none. */
  databaseReplicaUrl: string | null
  databasePoolSize: number
  /** How long an answer of the database may take before its connection is given up. */
  databaseSilenceMs: number
  /** How long a client may say nothing in the middle of a request, or take nothing of its answer. */
  clientSilenceMs: number
  postgresBin: string | null
  buildsConsole: boolean
  dataDir: string
  /** null = in the data directory */
  masterKeys: string | null
  adminPassword: string | null
  selfRegistration: 'open' | 'closed'
  /** Requests a minute; null = not limited. */
  rateLimits: RateLimitSettings | null
  outboundAllow: string[]
  /** Without a slash at the end. */
  publicUrl: string
  trustProxy: string[]
  smtpCertificateAuthority: string | null
  /** The platform's own mail provider; null: it sends nothing. */
  mail: MailProviderConfig | null
  mailEndpoints: MailEndpoints
  /** The largest file that is taken. */
  maxFileBytes: number
  /** The most that the files of one tenant may have together, unless it has a limit of its own. */
  tenantFileBytes: number
  /** The largest file that is taken for an import. */
  maxImportBytes: number
  /** Events of the audit log that are verified in the request itself, and rows of a file that are validated so. */
  verifiedAtOnce: number
  validatedAtOnce: number
  jobSupervisionSeconds: number
  /** null: files are stored as "not scanned". */
  virusScanner: ScannerAddress | null
  /** How long deliveries of webhooks are kept, in days. */
  webhookRetentionDays: number
  metricsToken: string | null
  /** Where the audit logs of all tenants go. */
  auditForward: Destination | null
  logLevel: string
  isProduction: boolean
}

const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const

type Environment = Readonly<Record<string, string | undefined>>

/** @throws ConfigError */
export function readConfig(env: Environment = process.env): Config {
  const isProduction = text(env, 'NODE_ENV') === 'production'
  const port = integer(env, 'PORT', { min: 0, max: 65_535 })
  const databaseUrl = databaseUrlOf(env, 'DATABASE_URL')
  const masterKeys = keyRing(env, 'CLIENTELE_MASTER_KEYS')
  if (isProduction && masterKeys === null) {
    throw new ConfigError(
      'CLIENTELE_MASTER_KEYS is required in production: make one with "npx clientele key generate" and keep it outside of the data directory and its backups.',
    )
  }
  return {
    port,
    host: given(env, 'HOST'),
    databaseUrl,
    databaseOwnerUrl: databaseUrlOf(env, 'DATABASE_OWNER_URL'),
    databaseReplicaUrl: replicaUrlOf(env, 'DATABASE_REPLICA_URL', databaseUrl),
    databasePoolSize: integer(env, 'CLIENTELE_DATABASE_POOL', { min: 2, max: 500 }),
    databaseSilenceMs: integer(env, 'CLIENTELE_DATABASE_SILENCE_SECONDS', { min: 1, max: 3600 }) * 1000,
    clientSilenceMs: integer(env, 'CLIENTELE_CLIENT_SILENCE_SECONDS', { min: 1, max: 300 }) * 1000,
    postgresBin: text(env, 'CLIENTELE_POSTGRES_BIN'),
    buildsConsole: oneOf(env, 'CLIENTELE_CONSOLE_BUILD', ['on', 'off'], 'on') === 'on',
    dataDir: given(env, 'CLIENTELE_DATA_DIR'),
    masterKeys,
    adminPassword: text(env, 'CLIENTELE_ADMIN_PASSWORD'),
    selfRegistration: oneOf(env, 'CLIENTELE_SELF_REGISTRATION', ['open', 'closed'], isProduction ? 'closed' : 'open'),
    rateLimits: rateLimits(env, 'CLIENTELE_RATE_LIMITS'),
    outboundAllow: outboundAllow(env, 'CLIENTELE_OUTBOUND_ALLOW'),
    publicUrl: (url(env, 'CLIENTELE_PUBLIC_URL', ['http:', 'https:']) ?? `http://localhost:${port}`).replace(
      /\/+$/,
      '',
    ),
    trustProxy: parsed('CLIENTELE_TRUST_PROXY', () => parseProxies(list(env, 'CLIENTELE_TRUST_PROXY'))),
    smtpCertificateAuthority: parsed('CLIENTELE_SMTP_CA', () => parseAuthority(text(env, 'CLIENTELE_SMTP_CA'))),
    mail: mailProvider(env, 'CLIENTELE_MAIL'),
    mailEndpoints: endpoints(env, 'CLIENTELE_MAIL_ENDPOINTS'),
    maxFileBytes: integer(env, 'CLIENTELE_MAX_FILE_BYTES', { min: 1, max: 10 * 1024 ** 3 }),
    tenantFileBytes: integer(env, 'CLIENTELE_TENANT_FILE_BYTES', { min: 1, max: 1024 ** 5 }),
    maxImportBytes: integer(env, 'CLIENTELE_MAX_IMPORT_BYTES', { min: 1, max: 10 * 1024 ** 3 }),
    verifiedAtOnce: integer(env, 'CLIENTELE_VERIFY_AT_ONCE', { min: 0, max: 10_000_000 }),
    validatedAtOnce: integer(env, 'CLIENTELE_VALIDATE_AT_ONCE', { min: 0, max: 10_000_000 }),
    jobSupervisionSeconds: integer(env, 'CLIENTELE_JOB_SUPERVISION_SECONDS', { min: 1, max: 300 }),
    virusScanner: scanner(env, 'CLIENTELE_VIRUS_SCAN'),
    webhookRetentionDays: integer(env, 'CLIENTELE_WEBHOOK_RETENTION_DAYS', { min: 1, max: 3650 }),
    metricsToken: text(env, 'CLIENTELE_METRICS_TOKEN'),
    auditForward: destination(env, 'CLIENTELE_AUDIT_FORWARD'),
    logLevel: oneOf(env, 'LOG_LEVEL', logLevels, settings.LOG_LEVEL.fallback),
    isProduction,
  }
}

/** Variables that look like settings of ours and are none, such as CLIENTELE_MASTER_KEY: nobody would notice otherwise. */
export function unknownSettings(env: Environment = process.env): string[] {
  return Object.keys(env).filter((name) => name.startsWith('CLIENTELE_') && !(name in settings))
}

/** Whether somebody looks for a fault of ours: then errors are shown with their stack. Never throws. */
export function wantsStackTraces(env: Environment = process.env): boolean {
  return text(env, 'LOG_LEVEL') === 'debug'
}

function text(env: Environment, name: SettingName): string | null {
  const value = env[name]?.trim()
  return value === undefined || value === '' ? settings[name].fallback : value
}

function given(env: Environment, name: DefaultedSetting): string {
  return text(env, name) ?? settings[name].fallback
}

function list(env: Environment, name: SettingName): string[] {
  return (text(env, name) ?? '')
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')
}

function integer(env: Environment, name: DefaultedSetting, limits: { min: number; max: number }): number {
  const value = Number(given(env, name))
  if (Number.isInteger(value) && value >= limits.min && value <= limits.max) return value
  throw new ConfigError(`${name} must be a whole number from ${limits.min} to ${limits.max}.`)
}

function oneOf<const Value extends string>(
  env: Environment,
  name: SettingName,
  values: readonly Value[],
  fallback: Value,
): Value {
  const value = text(env, name)
  if (value === null) return fallback
  const found = values.find((one) => one === value)
  if (found !== undefined) return found
  throw new ConfigError(`${name} must be one of ${values.join(', ')}.`)
}

/** The text may hold a password: the message names the setting only. */
function url(env: Environment, name: SettingName, protocols: readonly string[]): string | null {
  const value = text(env, name)
  if (value === null) return null
  if (URL.canParse(value) && protocols.includes(new URL(value).protocol)) return value
  throw new ConfigError(`${name} must be a URL that begins with ${protocols.map((one) => `${one}//`).join(' or ')}.`)
}

/** May name several servers of one database, of which one takes writes. The message holds no part of the URL: it has a password. */
function databaseUrlOf(env: Environment, name: SettingName): string | null {
  const value = text(env, name)
  if (value === null) return null
  const protocols = ['postgres:', 'postgresql:']
  try {
    const [first = value] = serverUrls(value)
    if (URL.canParse(first) && protocols.includes(new URL(first).protocol)) return value
  } catch (error) {
    if (!(error instanceof DatabaseUrlError)) throw error
    throw new ConfigError(`${name} ${error.message}.`, { cause: error })
  }
  throw new ConfigError(`${name} must be a URL that begins with ${protocols.map((one) => `${one}//`).join(' or ')}.`)
}

/** The message holds no part of the URL. */
function replicaUrlOf(env: Environment, name: SettingName, databaseUrl: string | null): string | null {
  const value = text(env, name)
  if (value === null) return null
  if (databaseUrl === null) throw new ConfigError(`${name} needs DATABASE_URL: the embedded database has no replica.`)
  try {
    replicaUrls(value, databaseUrl)
    return value
  } catch (error) {
    if (!(error instanceof DatabaseUrlError)) throw error
    throw new ConfigError(`${name} ${error.message}.`, { cause: error })
  }
}

function rateLimits(env: Environment, name: DefaultedSetting): RateLimitSettings | null {
  return parsed(name, () => parseRateLimits(given(env, name)))
}

/** What the parser refuses it refuses by a RangeError, whose words go on behind the setting's name. */
function parsed<Value>(name: SettingName, parse: () => Value): Value {
  try {
    return parse()
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new ConfigError(`${name} ${error.message}.`, { cause: error })
  }
}

function scanner(env: Environment, name: SettingName): ScannerAddress | null {
  const value = text(env, name)
  return value === null ? null : parsed(name, () => parseScannerAddress(value))
}

function endpoints(env: Environment, name: SettingName): MailEndpoints {
  const value = text(env, name)
  return value === null ? {} : parsed(name, () => parseMailEndpoints(parseJson(value)))
}

function outboundAllow(env: Environment, name: SettingName): string[] {
  const entries = list(env, name)
  parsed(name, () => parseAllowList(entries))
  return entries
}

/** undefined for what is no JSON: the parser's own message would quote the text, and it may hold secrets. */
function parseJson(value: string): unknown {
  try {
    return JSON.parse(value)
  } catch {
    return undefined
  }
}

/** The message names the field that is wrong, never its value: some are secrets. */
function mailProvider(env: Environment, name: SettingName): MailProviderConfig | null {
  const value = text(env, name)
  if (value === null) return null
  const form = `${name} must be JSON like {"provider": "smtp", "config": {"host": "...", "port": 587, "use_tls": true, "from_email": "..."}}`
  const { provider, config } = (parseJson(value) ?? {}) as { provider?: unknown; config?: unknown }
  const checked = validateMailConfig(String(provider), config)
  if (checked.ok) return checked.value
  throw new ConfigError(`${form}: ${checked.summary}: ${checked.field}: ${checked.fault.message}.`)
}

/** The message names the field that is wrong, never its value. */
function destination(env: Environment, name: SettingName): Destination | null {
  const value = text(env, name)
  if (value === null) return null
  try {
    return parseDestination(parseJson(value))
  } catch (error) {
    if (!(error instanceof DestinationError)) throw error
    const form = `{"kind": "syslog", "host": "...", "port": 6514, "tls": true}`
    throw new ConfigError(`${name} must be JSON like ${form}: ${error.message}.`, { cause: error })
  }
}

/** The message says which key is wrong and why; it never holds one. */
function keyRing(env: Environment, name: SettingName): string | null {
  const value = text(env, name)
  if (value === null) return null
  try {
    parseKeyRing(value)
    return value
  } catch (error) {
    if (!(error instanceof InvalidKeyRingError)) throw error
    throw new ConfigError(`${name}: ${error.message}. Make a key with "npx clientele key generate".`, { cause: error })
  }
}
