/** What may be wrong with a registered client. */
import type { ErrorDetail } from '#kernel/errors.ts'
import type { Told } from '#kernel/faults.ts'
import { defineFaults } from '#kernel/faults.ts'

export const oauthFault = defineFaults({
  oauth_client_id_form: 'must have 1 to 100 letters, digits or . _ ~ @ : - and begin with a letter or digit',
  oauth_client_id_of_user: 'must not look like the identifier of a user (user_...)',
  oauth_list_empty: 'must name at least one of {known}',
  oauth_list_unknown: '{given} does not work here; these do: {known}',
  oauth_scope_form: '"{scope}" has characters that a scope cannot have',
  oauth_public_alone: 'none (a public client) excludes the other methods',
  oauth_credentials_public: 'client_credentials needs a client that authenticates',
  oauth_refresh_alone: 'refresh_token needs authorization_code beside it',
  oauth_redirect_needed: 'authorization_code needs at least one',
  oauth_secret_needed: 'is needed for client_secret_basic and client_secret_post',
  oauth_keys_needed: 'private_key_jwt needs jwkSetUrl or jwks',
  oauth_secret_bcrypt: '{encoder} must be followed by a bcrypt hash of cost 4 to 14',
  oauth_secret_encoder: '{encoder} is not taken: send {known} with a hash, or the plain secret',
  oauth_secret_form: 'must have 1 to 255 visible ASCII characters without blanks',
  oauth_settings_form: 'must be a JSON object in a string, such as {example}',
  oauth_setting_boolean: '{name} must be true or false',
  oauth_setting_seconds: '{name} must be seconds or an ISO 8601 duration (PT15M), from 30 to {longest} seconds',
  oauth_token_format: 'accessTokenFormat must be reference or self-contained',
  oauth_keys_twice: 'jwkSetUrl and jwks exclude each other',
  oauth_keys_form: 'jwks must be a JSON Web Key Set of 1 to 20 keys',
  oauth_keys_no_key: 'jwks holds something that is no key',
  oauth_keys_kind: 'jwks may hold RSA, EC and OKP keys only',
  oauth_keys_private: 'jwks holds a private key: give the public half only',
  oauth_url_none: '{url} must be a URL',
  oauth_url_absolute: '{url} must be an absolute URL that begins with https:// (or http:// on a loopback address)',
  oauth_url_wildcard: '{url} must not have a wildcard: list every address',
  oauth_url_form: '{url} must be a valid URL',
  oauth_url_fragment: '{url} must not have a fragment (#)',
  oauth_url_credentials: '{url} must not have a user name or password',
  oauth_url_https: '{url} must begin with https:// (http:// is for loopback addresses only)',
})

/** The contract has room for one text alone: each fault begins with its field. */
export function atField(field: string, told: Told): ErrorDetail {
  return { path: ['body', field], ...told, message: `${field}: ${told.message}`, type: 'value_error' }
}
