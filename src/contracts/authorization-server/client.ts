import type { ServedClient, TokenSettings } from '#features/oauth/index.ts'
import { parseClientSettings, parseTokenSettings } from '#features/oauth/index.ts'

/** The registered client behind oidc-provider's own object. */
export function servedClient(client: unknown): ServedClient {
  return (client as { served: ServedClient }).served
}

/** Asked for several times in a request. */
const tokenSettings = new WeakMap<ServedClient, TokenSettings>()

export function tokenSettingsOf(client: unknown): TokenSettings {
  const served = servedClient(client)
  let settings = tokenSettings.get(served)
  if (!settings) {
    settings = parseTokenSettings(served.tokenSettings).settings
    tokenSettings.set(served, settings)
  }
  return settings
}

export function clientSettingsOf(client: unknown) {
  return parseClientSettings(servedClient(client).clientSettings).settings
}

/** How a browser's sign-on names the session that it belongs to; oidc-provider carries it as the "acr". */
export type SignOn = { tenantId: string; sessionId: string }

const prefix = 'urn:clientele:session:'

export function toAcr(signOn: SignOn): string {
  return `${prefix}${signOn.tenantId}:${signOn.sessionId}`
}

export function fromAcr(acr: unknown): SignOn | null {
  if (typeof acr !== 'string' || !acr.startsWith(prefix)) return null
  const rest = acr.slice(prefix.length)
  const colon = rest.lastIndexOf(':')
  return colon < 1 ? null : { tenantId: rest.slice(0, colon), sessionId: rest.slice(colon + 1) }
}
