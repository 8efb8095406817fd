/** A registered client as the contract has it (lists and JSON in strings), and as a form shows it. */
import { api, ask } from '../api/client.ts'
import type { Paths } from '../api/schema.ts'

export type Application =
  Paths['/oauth2-service/api/oauth2-clients/findById/{id}']['get']['responses'][200]['content']['application/json']['data']

export const grants = ['authorization_code', 'refresh_token', 'client_credentials'] as const
export const methods = ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'] as const
export type Method = (typeof methods)[number]

export const listOf = (text: string): string[] => text.split(',').filter(Boolean)
const linesOf = (text: string): string =>
  text
    .split(/[\s,]+/)
    .filter(Boolean)
    .join(',')

/** Settings are JSON; what we do not know in them stays. */
export function settingsOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text || '{}')
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

export const needsSecret = (method: Method) => method === 'client_secret_basic' || method === 'client_secret_post'

/** 256 bits from the browser's own source, which nobody has seen before they are shown. */
export function newSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32))
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}

export function valuesOf(application: Application | undefined) {
  const client = settingsOf(application?.clientSettings ?? '')
  const token = settingsOf(application?.tokenSettings ?? '')
  const [method] = listOf(application?.clientAuthenticationMethods ?? '')
  const seconds = (value: unknown) => (typeof value === 'number' || typeof value === 'string' ? String(value) : '')
  return {
    clientId: application?.clientId ?? '',
    clientName: application?.clientName ?? '',
    method: methods.find((one) => one === method) ?? methods[0],
    grants: application ? listOf(application.authorizationGrantTypes) : ['authorization_code', 'refresh_token'],
    redirectUris: listOf(application?.redirectUris ?? '').join('\n'),
    postLogoutRedirectUris: listOf(application?.postLogoutRedirectUris ?? '').join('\n'),
    scopes: application ? listOf(application.scopes) : ['openid', 'profile', 'email'],
    proofKey: client.requireProofKey === true || application === undefined,
    consent: client.requireAuthorizationConsent === true || application === undefined,
    accessTime: seconds(token.accessTokenTimeToLive),
    refreshTime: seconds(token.refreshTokenTimeToLive),
  }
}
export type Values = ReturnType<typeof valuesOf>

/** Whole seconds go as numbers; a duration such as PT15M as it is. */
const timeOf = (text: string) => (/^\d+$/.test(text.trim()) ? Number(text) : text.trim())

export function bodyOf(values: Values, application: Application | undefined, secret: string | null) {
  const client = {
    ...settingsOf(application?.clientSettings ?? ''),
    requireProofKey: values.proofKey,
    requireAuthorizationConsent: values.consent,
  }
  const {
    accessTokenTimeToLive: _,
    refreshTokenTimeToLive: __,
    ...others
  } = settingsOf(application?.tokenSettings ?? '')
  const token = {
    ...others,
    ...(values.accessTime ? { accessTokenTimeToLive: timeOf(values.accessTime) } : {}),
    ...(values.refreshTime ? { refreshTokenTimeToLive: timeOf(values.refreshTime) } : {}),
  }
  const known = listOf(application?.clientAuthenticationMethods ?? '')
  return {
    clientId: values.clientId.trim(),
    clientName: values.clientName.trim() || null,
    // Further methods that a program has registered stay.
    clientAuthenticationMethods: known.includes(values.method) ? known.join(',') : values.method,
    authorizationGrantTypes: values.grants.join(','),
    redirectUris: linesOf(values.redirectUris),
    postLogoutRedirectUris: linesOf(values.postLogoutRedirectUris),
    scopes: values.scopes.join(','),
    clientSettings: JSON.stringify(client),
    tokenSettings: JSON.stringify(token),
    ...(secret === null ? {} : { clientSecret: secret }),
  }
}

/** The contract answers a number of rows: the registered client is found by its name. */
export async function register(values: Values, secret: string | null): Promise<string> {
  await ask(api.POST('/oauth2-service/api/oauth2-clients/createClient', { body: bodyOf(values, undefined, secret) }))
  const path = { clientId: values.clientId.trim() }
  const { data } = await ask(
    api.GET('/oauth2-service/api/oauth2-clients/findByClientId/{clientId}', { params: { path } }),
  )
  return data.id
}
