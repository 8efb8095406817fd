/** What a registered client may be, whoever registers it. */
import type { ErrorDetail } from '#kernel/errors.ts'
import type { Told } from '#kernel/faults.ts'
import { isId } from '#kernel/ids.ts'
import { atField, oauthFault } from './faults.ts'
import type { ClientRegistration } from './schemas.ts'
import { parseClientSettings, parseTokenSettings } from './settings-rules.ts'
import { uriFault } from './uri-rules.ts'

export const grantTypes = ['authorization_code', 'refresh_token', 'client_credentials'] as const
export const authenticationMethods = ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'] as const

/** Scopes that stand for claims or behaviour, not for permissions (OpenID Connect Core 5.4, 11). */
export const identityScopes = ['openid', 'profile', 'email', 'offline_access'] as const

const clientIdFormat = /^[A-Za-z0-9][A-Za-z0-9._~@:-]{0,99}$/
/** scope-token of RFC 6749 3.3, without the comma that separates them here. */
const scopeFormat = /^[\x21\x23-\x2b\x2d-\x5b\x5d-\x7e]{1,100}$/

export function usesSecret(methods: readonly string[]): boolean {
  return methods.includes('client_secret_basic') || methods.includes('client_secret_post')
}

type Report = (field: string, told: Told) => void

const quoted = (uri: string) => `"${uri.slice(0, 900)}"`

/** Everything that is wrong with the registration; empty: nothing. */
export function registrationFaults(client: ClientRegistration, options: { hasSecret: boolean }): ErrorDetail[] {
  const faults: ErrorDetail[] = []
  const fault: Report = (field, told) => {
    faults.push(atField(field, told))
  }

  if (!clientIdFormat.test(client.clientId)) {
    fault('clientId', oauthFault('oauth_client_id_form'))
  }
  // Both stand as "sub" in tokens: a program would pass for a person elsewhere (RFC 9700 4.15).
  if (isId('user', client.clientId.toLowerCase())) fault('clientId', oauthFault('oauth_client_id_of_user'))
  listFaults(client.authenticationMethods, authenticationMethods, (told) => fault('clientAuthenticationMethods', told))
  listFaults(client.grantTypes, grantTypes, (told) => fault('authorizationGrantTypes', told))
  for (const uri of client.redirectUris) {
    const wrong = uriFault(uri, quoted(uri))
    if (wrong) fault('redirectUris', wrong)
  }
  for (const uri of client.postLogoutRedirectUris) {
    const wrong = uriFault(uri, quoted(uri))
    if (wrong) fault('postLogoutRedirectUris', wrong)
  }
  for (const scope of client.scopes) {
    if (!scopeFormat.test(scope)) fault('scopes', oauthFault('oauth_scope_form', { scope }))
  }

  combinationFaults(client, options, fault)

  const clientSettings = parseClientSettings(client.clientSettings)
  const tokenSettings = parseTokenSettings(client.tokenSettings)
  faults.push(...clientSettings.faults, ...tokenSettings.faults)
  const { jwkSetUrl, jwks } = clientSettings.settings
  if (client.authenticationMethods.includes('private_key_jwt') && !jwkSetUrl && !jwks) {
    fault('clientSettings', oauthFault('oauth_keys_needed'))
  }
  return faults
}

function listFaults(given: readonly string[], known: readonly string[], fault: (told: Told) => void): void {
  if (given.length === 0) fault(oauthFault('oauth_list_empty', { known: known.join(', ') }))
  const unknown = given.filter((one) => !known.includes(one))
  if (unknown.length > 0) {
    fault(oauthFault('oauth_list_unknown', { given: unknown.join(', '), known: known.join(', ') }))
  }
}

/** What goes together and what needs something beside it. */
function combinationFaults(client: ClientRegistration, options: { hasSecret: boolean }, fault: Report): void {
  const isPublic = client.authenticationMethods.includes('none')
  const has = (type: string) => client.grantTypes.includes(type)
  if (isPublic && client.authenticationMethods.length > 1) {
    fault('clientAuthenticationMethods', oauthFault('oauth_public_alone'))
  }
  if (isPublic && has('client_credentials')) {
    fault('authorizationGrantTypes', oauthFault('oauth_credentials_public'))
  }
  if (has('refresh_token') && !has('authorization_code')) {
    fault('authorizationGrantTypes', oauthFault('oauth_refresh_alone'))
  }
  if (has('authorization_code') && client.redirectUris.length === 0) {
    fault('redirectUris', oauthFault('oauth_redirect_needed'))
  }
  if (usesSecret(client.authenticationMethods) && !options.hasSecret) {
    fault('clientSecret', oauthFault('oauth_secret_needed'))
  }
}
