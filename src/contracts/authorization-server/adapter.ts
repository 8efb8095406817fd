/** oidc-provider's storage on our tables: registered clients are the administrators', everything else is payloads. */
import { LRUCache } from 'lru-cache'
import type { Adapter, AdapterPayload, AllClientMetadata } from 'oidc-provider'
import Provider, { errors } from 'oidc-provider'
import type { Payload, ServedClient } from '#features/oauth/index.ts'
import * as oauth from '#features/oauth/index.ts'
import type { Services } from '#platform/operations/services.ts'
import { limitClient } from './limits.ts'

/** Metadata of ours, beside that of OpenID Connect Dynamic Client Registration. */
export const extraClientMetadata = ['served'] as const

export function createAdapter(services: Services): (model: string) => Adapter {
  return (model) => new PayloadAdapter(services, model)
}

export type Client = InstanceType<Provider['Client']>

const accessTokens: ReadonlySet<string> = new Set(['AccessToken', 'ClientCredentials'])

class PayloadAdapter implements Adapter {
  readonly #services: Services
  readonly #model: string

  constructor(services: Services, model: string) {
    this.#services = services
    this.#model = model
  }

  async upsert(id: string, payload: AdapterPayload, expiresIn: number): Promise<void> {
    await oauth.savePayload(this.#services, this.#model, id, {
      payload: payload as Payload,
      expiresInSeconds: expiresIn,
    })
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    await limitClient(this.#services, Provider.ctx)
    const found = await oauth.findPayload(this.#services, this.#model, { id })
    if (!found || !accessTokens.has(this.#model)) return found
    // Who asks about a token hears that it has ended as soon as its user, session or tenant has.
    return (await oauth.accessTokenHolds(this.#services, id)) ? found : undefined
  }

  async findByUid(uid: string): Promise<AdapterPayload | undefined> {
    return oauth.findPayload(this.#services, this.#model, { uid })
  }

  /** There is no device flow. */
  async findByUserCode(): Promise<undefined> {}

  /** Of two that use up the same code or refresh token at the same moment, one learns that it came second. */
  async consume(id: string): Promise<void> {
    const isFirst = await oauth.consumePayload(this.#services, this.#model, id)
    if (!isFirst) throw new errors.InvalidGrant('already consumed')
  }

  async destroy(id: string): Promise<void> {
    await oauth.deletePayload(this.#services, this.#model, id)
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    await oauth.deletePayloadsOfGrant(this.#services, this.#model, grantId)
  }
}

/**
 * oidc-provider's object of the registered client, which is looked up at every request: a change is in force at the next one.
 * The object of one version is made once; the library would tell versions apart by a hash of everything in them, at every
 * request, and keep a hundred.
 * @returns each client as it was looked up last, by its clientId
 */
export function serveRegisteredClients(provider: Provider, { database }: Services): LRUCache<string, Client> {
  const lastServed = new LRUCache<string, Client>({ max: 10_000 })
  // Its types know of no arguments.
  const Made = provider.Client as unknown as new (metadata: AllClientMetadata) => Client
  const made = new WeakMap<ServedClient, Map<Method, Client>>()
  provider.Client.find = async (id) => {
    const served = typeof id === 'string' && id !== '' ? await oauth.findServedClient(database, id) : null
    if (!served) return undefined
    const method = authenticationMethod(served.authenticationMethods)
    const ofVersion = made.get(served) ?? new Map<Method, Client>()
    const client = ofVersion.get(method) ?? new Made(toMetadata(served, method))
    made.set(served, ofVersion.set(method, client))
    lastServed.set(served.clientId, client)
    return client
  }
  return lastServed
}

function toMetadata(client: ServedClient, method: Method): AllClientMetadata & { served: ServedClient } {
  const { settings } = oauth.parseClientSettings(client.clientSettings)
  const mayAuthorize = client.grantTypes.includes('authorization_code')
  return {
    client_id: client.clientId,
    client_name: client.clientName ?? client.clientId,
    grant_types: client.grantTypes,
    response_types: mayAuthorize ? ['code'] : [],
    redirect_uris: client.redirectUris,
    post_logout_redirect_uris: client.postLogoutRedirectUris,
    token_endpoint_auth_method: method,
    id_token_signed_response_alg: 'RS256',
    // oidc-provider wants one to be there; provider.ts compares with the hash, and looks at its expiry.
    ...(client.secretHash === null ? {} : { client_secret: 'hashed' }),
    ...(settings.jwks ? { jwks: settings.jwks } : {}),
    ...(settings.jwkSetUrl ? { jwks_uri: settings.jwkSetUrl } : {}),
    served: client,
  }
}

type Method = 'client_secret_basic' | 'client_secret_post' | 'private_key_jwt' | 'none'

/** oidc-provider knows one method a client; a client that has registered several is served by the one that it uses now. */
function authenticationMethod(registered: readonly string[]): Method {
  const params = Provider.ctx?.oidc?.params
  const secretMethod = registered.find((one) => one.startsWith('client_secret_'))
  const wanted = params?.client_assertion === undefined ? secretMethod : 'private_key_jwt'
  const chosen = wanted !== undefined && registered.includes(wanted) ? wanted : registered[0]
  return (chosen ?? 'none') as Method
}
