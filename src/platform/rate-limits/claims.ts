/** Whose quotas a request counts towards. */
import ipaddr from 'ipaddr.js'
import type { Actor } from '../operations/actor.ts'
import type { RateLimitKind } from './settings.ts'

/** One quota that a request takes from. */
export type Claim = {
  readonly kind: RateLimitKind
  readonly tenantId: string
  readonly subject: string
  /** Names the quota in this process. */
  readonly key: string
}

/** No tenant has this id: addresses belong to none. */
const nobody = '~public'

function claim(kind: RateLimitKind, tenantId: string, subject: string): Claim {
  return { kind, tenantId, subject, key: `${tenantId}\n${subject}` }
}

/** An actor is kept as long as its token or key is in use: its claims are put together once. */
const known = new WeakMap<Actor, { plain: readonly Claim[]; transfer: readonly Claim[] }>()

/**
 * In the order in which every caller names them to the database (never two that wait for each other): the caller's own
 * first, the tenant's, which is everybody's, last.
 */
export function claimsOf(actor: Actor, address: string, limit: 'transfer' | undefined): readonly Claim[] {
  if (actor.kind === 'anonymous') return [claim('address', nobody, `address:${networkOf(address)}`)]
  let claims = known.get(actor)
  if (!claims) {
    const who = principalOf(actor)
    const own = claim('user', actor.tenantId, who)
    const tenant = claim('tenant', actor.tenantId, 'tenant')
    claims = { plain: [own, tenant], transfer: [claim('transfer', actor.tenantId, `transfer:${who}`), own, tenant] }
    known.set(actor, claims)
  }
  return limit === 'transfer' ? claims.transfer : claims.plain
}

/** Of a registered client that asks for tokens: the quotas that its calls with them count towards. */
export function claimsOfRegisteredClient(tenantId: string, registeredClientId: string): readonly Claim[] {
  return [claim('user', tenantId, `oauth-client:${registeredClientId}`), claim('tenant', tenantId, 'tenant')]
}

/** All sessions of a user together; a client with all its keys and client-level tokens. */
function principalOf(actor: Exclude<Actor, { kind: 'anonymous' }>): string {
  switch (actor.kind) {
    case 'user':
      return actor.clientUid === null ? `user:${actor.userId}` : `client:${actor.clientUid}`
    case 'oauth_client':
      return `oauth-client:${actor.oauth.registeredClientId}`
    case 'api_key':
      return `client:${actor.clientUid}`
    case 'system':
      return `system:${actor.name}`
  }
}

/** Who has one IPv6 address usually has the whole /64 (RFC 6177): it counts as one. */
export function networkOf(address: string): string {
  const ipv4 = /^(?:::ffff:)?(\d+\.\d+\.\d+\.\d+)$/i.exec(address)
  if (ipv4) return ipv4[1] as string
  if (!ipaddr.IPv6.isValid(address)) return address.slice(0, 64)
  const parsed = ipaddr.IPv6.parse(address)
  if (parsed.isIPv4MappedAddress()) return parsed.toIPv4Address().toString()
  return `${parsed.parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(':')}::/64`
}
