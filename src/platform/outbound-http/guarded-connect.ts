import type { LookupAddress } from 'node:dns'
import { once } from 'node:events'
import type { LookupFunction, Socket } from 'node:net'
import { isIP, connect as tcpConnect } from 'node:net'
import { untilAborted } from './abort.ts'
import type { AllowList, OutboundTarget } from './address-policy.ts'
import { judgeAddress } from './address-policy.ts'
import { connectFailure, dnsFailure, OutboundError, timeoutFailure } from './outbound-error.ts'

/** All addresses of a name, as `dns.promises.lookup(name, { all: true })` gives them. */
export type LookupHost = (hostname: string) => Promise<LookupAddress[]>

export type Guard = { allowList: AllowList; lookup: LookupHost }

// With several addresses, the next one is tried after this time (RFC 8305); the last one has all the time left.
const attemptTimeoutMs = 1_000

/**
 * Opens a TCP connection to a target whose addresses have been checked. The name is resolved once, and the socket
 * goes to exactly those checked addresses, so a name server that changes its answer in between (DNS rebinding)
 * gains nothing.
 *
 * @param signal ends the look-up and the connection attempt; an OutboundError as its reason is thrown as it is,
 *   anything else as a timeout
 * @param onResolved called when the addresses are known and allowed, before the first connection attempt
 * @throws OutboundError address_not_allowed, dns_failed, connect_failed, timeout
 */
export async function connectGuarded(
  guard: Guard,
  target: OutboundTarget,
  signal: AbortSignal,
  onResolved?: () => void,
): Promise<Socket> {
  let socket: Socket | undefined
  try {
    const addresses = await untilAborted(resolveChecked(guard, target), signal)
    onResolved?.()
    socket = tcpConnect({
      host: target.hostname,
      port: target.port,
      lookup: answerWith(addresses),
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: attemptTimeoutMs,
      keepAlive: true,
      noDelay: true,
    })
    await untilAborted(once(socket, 'connect'), signal)
    return socket
  } catch (error) {
    socket?.destroy()
    if (error instanceof OutboundError) throw error
    throw signal.aborted ? timeoutFailure(target.hostname, error) : connectFailure(target.hostname, error)
  }
}

/**
 * One refused address refuses the whole name (a name with public and private addresses is an attempt to slip through),
 * unless the operator listed some of its addresses: then those, and public ones, are used and the others are not.
 */
async function resolveChecked(guard: Guard, target: OutboundTarget): Promise<LookupAddress[]> {
  const judged = (await lookUp(guard, target.hostname)).map((found) => ({
    ...found,
    verdict: judgeAddress(guard.allowList, target, found.address),
  }))
  const allowed = judged.filter(({ verdict }) => verdict !== 'refused')
  const anyListed = judged.some(({ verdict }) => verdict === 'listed')
  if (allowed.length === 0 || (allowed.length < judged.length && !anyListed)) {
    const refused = judged.filter(({ verdict }) => verdict === 'refused').map(({ address }) => address)
    throw new OutboundError(
      'address_not_allowed',
      `"${target.hostname}" is not a public address. Calls to private, local or reserved addresses are not allowed`,
      new Error(`refused ${refused.join(', ')} for ${target.hostname}:${target.port}`),
    )
  }
  return allowed.map(({ address, family }) => ({ address, family }))
}

async function lookUp(guard: Guard, hostname: string): Promise<LookupAddress[]> {
  const family = isIP(hostname)
  if (family !== 0) return [{ address: hostname, family }]
  let found: LookupAddress[]
  try {
    found = await guard.lookup(hostname)
  } catch (error) {
    throw dnsFailure(hostname, error)
  }
  if (found.length === 0) throw dnsFailure(hostname, new Error(`no addresses for ${hostname}`))
  return found
}

/** A lookup function for net.connect that knows one answer. */
function answerWith(addresses: LookupAddress[]): LookupFunction {
  return (_hostname, _options, callback) => callback(null, addresses)
}
