import type { LookupAddress } from 'node:dns'
import { ADDRCONFIG } from 'node:dns'
import { lookup, Resolver } from 'node:dns/promises'
import type { LookupHost } from './guarded-connect.ts'
import { systemErrorCode } from './outbound-error.ts'

/** What the name servers did not say, the system may still know: its hosts file, or the network's own names. */
const worthAskingTheSystem = new Set(['ENOTFOUND', 'ENODATA', 'ECONNREFUSED', 'ESERVFAIL', 'EREFUSED'])

/**
 * Looks names up without the four threads that getaddrinfo shares with files and password hashes: a name server that does
 * not answer holds up nobody but who asks for its names. Names without a dot, and those that the name servers do not have,
 * are asked of the system (hosts file).
 *
 * @throws Error with the codes of getaddrinfo or c-ares: ENOTFOUND, ETIMEOUT, ...
 */
export function createHostLookup(): LookupHost {
  const resolver = new Resolver({ timeout: 3_000, tries: 2 })
  return async (hostname) => {
    if (!hostname.includes('.') || hostname.endsWith('.localhost')) return askSystem(hostname)
    const [four, six] = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)])
    const found: LookupAddress[] = [
      ...(four.status === 'fulfilled' ? four.value.map((address) => ({ address, family: 4 })) : []),
      ...(six.status === 'fulfilled' ? six.value.map((address) => ({ address, family: 6 })) : []),
    ]
    if (found.length > 0) return found
    const failure: unknown = four.status === 'rejected' ? four.reason : null
    if (failure === null || worthAskingTheSystem.has(systemErrorCode(failure))) return askSystem(hostname)
    throw failure instanceof Error ? failure : new Error('the name could not be looked up', { cause: failure })
  }
}

function askSystem(hostname: string): Promise<LookupAddress[]> {
  return lookup(hostname, { all: true, hints: ADDRCONFIG })
}
