/** The two JSON texts of a registered client: keys that are understood are checked, others are kept and have no effect. */
import type { ErrorDetail } from '#kernel/errors.ts'
import type { Told } from '#kernel/faults.ts'
import { atField, oauthFault } from './faults.ts'
import { uriFault } from './uri-rules.ts'

export type JsonWebKeySet = { keys: Record<string, unknown>[] }

export type ClientSettings = {
  /** PKCE at every authorization (RFC 7636); public clients need it anyway. */
  requireProofKey: boolean
  requireAuthorizationConsent: boolean
  jwkSetUrl: string | null
  jwks: JsonWebKeySet | null
}

export type TokenSettings = {
  accessTokenSeconds: number
  refreshTokenSeconds: number
  reuseRefreshTokens: boolean
  accessTokenFormat: 'reference' | 'self-contained'
}

/** Longer ones would outlive the keys that verify them (signing-keys.ts trusts a replaced key for a day). */
const longestAccessTokenSeconds = 12 * 3600
const longestRefreshTokenSeconds = 90 * 24 * 3600
const defaultAccessTokenSeconds = 15 * 60
const defaultRefreshTokenSeconds = 7 * 24 * 3600

type Parsed<T> = { settings: T; faults: ErrorDetail[] }

export function parseClientSettings(text: string): Parsed<ClientSettings> {
  const { json, faults } = parseObject('clientSettings', text)
  const flag = (name: string) => booleanOf(json, name, 'clientSettings', faults)
  const url = json.jwkSetUrl ?? null
  if (url !== null) {
    const name = 'jwkSetUrl'
    const fault = typeof url === 'string' ? uriFault(url, name) : oauthFault('oauth_url_none', { url: name })
    if (fault) faults.push(atField('clientSettings', fault))
  }
  const jwks = json.jwks ?? null
  if (jwks !== null) faults.push(...keySetFaults(jwks).map((fault) => atField('clientSettings', fault)))
  if (url !== null && jwks !== null) faults.push(atField('clientSettings', oauthFault('oauth_keys_twice')))
  return {
    settings: {
      requireProofKey: flag('requireProofKey') ?? false,
      requireAuthorizationConsent: flag('requireAuthorizationConsent') ?? false,
      jwkSetUrl: url as string | null,
      jwks: jwks as JsonWebKeySet | null,
    },
    faults,
  }
}

export function parseTokenSettings(text: string): Parsed<TokenSettings> {
  const { json, faults } = parseObject('tokenSettings', text)
  const seconds = (name: string, fallback: number, longest: number) => {
    const given = json[name]
    if (given === undefined || given === null) return fallback
    const value = durationSeconds(given)
    if (value !== null && value >= 30 && value <= longest) return value
    faults.push(atField('tokenSettings', oauthFault('oauth_setting_seconds', { name, longest })))
    return fallback
  }
  const format = json.accessTokenFormat ?? 'self-contained'
  if (format !== 'reference' && format !== 'self-contained') {
    faults.push(atField('tokenSettings', oauthFault('oauth_token_format')))
  }
  return {
    settings: {
      accessTokenSeconds: seconds('accessTokenTimeToLive', defaultAccessTokenSeconds, longestAccessTokenSeconds),
      refreshTokenSeconds: seconds('refreshTokenTimeToLive', defaultRefreshTokenSeconds, longestRefreshTokenSeconds),
      reuseRefreshTokens: booleanOf(json, 'reuseRefreshTokens', 'tokenSettings', faults) ?? false,
      accessTokenFormat: format as TokenSettings['accessTokenFormat'],
    },
    faults,
  }
}

function parseObject(field: string, text: string): { json: Record<string, unknown>; faults: ErrorDetail[] } {
  try {
    const json: unknown = JSON.parse(text)
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) {
      return { json: json as Record<string, unknown>, faults: [] }
    }
  } catch {
    // said below
  }
  return { json: {}, faults: [atField(field, oauthFault('oauth_settings_form', { example: '"{}"' }))] }
}

function booleanOf(json: Record<string, unknown>, name: string, field: string, faults: ErrorDetail[]): boolean | null {
  const value = json[name] ?? null
  if (value === null || typeof value === 'boolean') return value
  faults.push(atField(field, oauthFault('oauth_setting_boolean', { name })))
  return null
}

/** Whole seconds of a number, digits, or an ISO 8601 duration of weeks to seconds (no months: they have no length). */
export function durationSeconds(value: unknown): number | null {
  if (typeof value === 'number') return Number.isInteger(value) ? value : null
  if (typeof value !== 'string') return null
  if (/^\d{1,9}$/.test(value)) return Number(value)
  const found =
    /^P(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T(?=\d)(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})(?:\.0+)?S)?)?$/.exec(value)
  if (!found || !/\d/.test(value)) return null
  const [weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = found.slice(1).map((part) => Number(part ?? 0))
  return (((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60 + seconds
}

/** RFC 7517 sets of public keys only: a private or symmetric key must not be entrusted here. */
function keySetFaults(value: unknown): Told[] {
  const keys = (value as { keys?: unknown } | null)?.keys
  if (!Array.isArray(keys) || keys.length === 0 || keys.length > 20) return [oauthFault('oauth_keys_form')]
  const codes = keys.map((key: unknown) => {
    if (typeof key !== 'object' || key === null) return 'oauth_keys_no_key'
    const { kty } = key as { kty?: unknown }
    if (kty !== 'RSA' && kty !== 'EC' && kty !== 'OKP') return 'oauth_keys_kind'
    return 'd' in key || 'p' in key || 'k' in key ? 'oauth_keys_private' : null
  })
  return [...new Set(codes.filter((code) => code !== null))].map((code) => oauthFault(code))
}
