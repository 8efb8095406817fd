/** What a registered client may be, whoever registers it. */
import type { ErrorDetail } from '#kernel/errors.ts'
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

/** Everything that is wrong with the registration; empty: nothing. */
export function registrationFaults(client: ClientRegistration, options: { hasSecret: boolean }): ErrorDetail[] {
  const faults: ErrorDetail[] = []
  const fault = (field: string, message: string) => {
    faults.push({ path: ['body', field], message: `${field}: ${message}`, type: 'value_error' })
  }

  if (!clientIdFormat.test(client.clientId)) {
    fault('clientId', 'must have 1 to 100 letters, digits or . _ ~ @ : - and begin with a letter or digit')
  }
  listFaults(client.authenticationMethods, authenticationMethods, (text) => fault('clientAuthenticationMethods', text))
  listFaults(client.grantTypes, grantTypes, (text) => fault('authorizationGrantTypes', text))
  for (const uri of client.redirectUris) {
    const wrong = uriFault(uri)
    if (wrong) fault('redirectUris', `"${uri}" ${wrong}`)
  }
  for (const uri of client.postLogoutRedirectUris) {
    const wrong = uriFault(uri)
    if (wrong) fault('postLogoutRedirectUris', `"${uri}" ${wrong}`)
  }
  for (const scope of client.scopes) {
    if (!scopeFormat.test(scope)) fault('scopes', `"${scope}" has characters that a scope cannot have`)
  }

  combinationFaults(client, options, fault)

  const clientSettings = parseClientSettings(client.clientSettings)
  const tokenSettings = parseTokenSettings(client.tokenSettings)
  faults.push(...clientSettings.faults, ...tokenSettings.faults)
  const { jwkSetUrl, jwks } = clientSettings.settings
  if (client.authenticationMethods.includes('private_key_jwt') && !jwkSetUrl && !jwks) {
    fault('clientSettings', 'private_key_jwt needs jwkSetUrl or jwks')
  }
  return faults
}

function listFaults(given: readonly string[], known: readonly string[], fault: (text: string) => void): void {
  if (given.length === 0) fault(`must name at least one of ${known.join(', ')}`)
  const unknown = given.filter((one) => !known.includes(one))
  if (unknown.length > 0) fault(`${unknown.join(', ')} does not work here; these do: ${known.join(', ')}`)
}

/** What goes together and what needs something beside it. */
function combinationFaults(
  client: ClientRegistration,
  options: { hasSecret: boolean },
  fault: (field: string, message: string) => void,
): void {
  const isPublic = client.authenticationMethods.includes('none')
  const has = (type: string) => client.grantTypes.includes(type)
  if (isPublic && client.authenticationMethods.length > 1) {
    fault('clientAuthenticationMethods', 'none (a public client) excludes the other methods')
  }
  if (isPublic && has('client_credentials')) {
    fault('authorizationGrantTypes', 'client_credentials needs a client that authenticates')
  }
  if (has('refresh_token') && !has('authorization_code')) {
    fault('authorizationGrantTypes', 'refresh_token needs authorization_code beside it')
  }
  if (has('authorization_code') && client.redirectUris.length === 0) {
    fault('redirectUris', 'authorization_code needs at least one')
  }
  if (usesSecret(client.authenticationMethods) && !options.hasSecret) {
    fault('clientSecret', 'is needed for client_secret_basic and client_secret_post')
  }
}
