import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

type Address = ipaddr.IPv4 | ipaddr.IPv6
type AllowEntry =
  | { kind: 'host'; name: string; port: number | null }
  | { kind: 'network'; network: [Address, number]; port: number | null }

/** What the operator vouches for though it is not public (setting CLIENTELE_OUTBOUND_ALLOW). */
export type AllowList = readonly AllowEntry[]

/** Where a call wants to go: the name as the caller wrote it (lower case, no brackets) and the port. */
export type OutboundTarget = { hostname: string; port: number }

/** `listed`: on the operator's list; `public`: global unicast; `refused`: anything else. */
export type AddressVerdict = 'listed' | 'public' | 'refused'

// RFC 6052: an IPv6-only network reaches the IPv4 internet through this prefix, so the last 32 bits decide.
const nat64 = ipaddr.parseCIDR('64:ff9b::/96')
// RFC 4291, section 2.4 and IANA's registry: all global unicast addresses in use are in here. Everything outside
// (IPv4-compatible ::a.b.c.d, site-local fec0::/10, local NAT64 64:ff9b:1::/48, segment routing) is refused.
const globalUnicast6 = ipaddr.parseCIDR('2000::/3')
// Azure's virtual machines reach their host agent at this address, which is public by its number only.
const azureHostAgent = '168.63.129.16'

/**
 * Reads the allow list: hosts, host:port, IP addresses, IP:port ([v6]:port), networks in CIDR notation.
 * Throws a RangeError that names the entry that is none of these.
 */
export function parseAllowList(entries: readonly string[]): AllowList {
  return entries
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== '')
    .map(parseAllowEntry)
}

function parseAllowEntry(entry: string): AllowEntry {
  const network = /^([^/]+)\/(\d{1,3})$/.exec(entry)
  if (network?.[1] && isIP(network[1]) && ipaddr.isValidCIDR(entry)) {
    return { kind: 'network', network: ipaddr.parseCIDR(entry), port: null }
  }
  const [, bracketed, plain, portText] =
    /^(?:\[([0-9a-f:.]+)\]|([^:[\]/]+))(?::(\d{1,5}))?$/.exec(entry) ?? (isIP(entry) === 6 ? ['', entry] : [])
  const host = bracketed ?? plain ?? ''
  const port = portText === undefined ? null : Number(portText)
  if (port !== null && (port < 1 || port > 65_535)) throw invalidEntry(entry)
  if (isIP(host)) {
    const address = ipaddr.process(host)
    return { kind: 'network', network: [address, address.kind() === 'ipv4' ? 32 : 128], port }
  }
  if (bracketed !== undefined || !isHostName(host)) throw invalidEntry(entry)
  return { kind: 'host', name: withoutTrailingDot(host), port }
}

function isHostName(host: string): boolean {
  // A last label of digits would be another spelling of an IPv4 address (WHATWG URL, "ends in a number").
  return /^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?\.?$/.test(host) && !/(^|\.)(\d+|0x[0-9a-f]*)\.?$/.test(host)
}

function invalidEntry(entry: string): RangeError {
  return new RangeError(
    `lists "${entry}", which is not a host, host:port, IP address, IP:port or network in CIDR notation`,
  )
}

/**
 * Decides on one resolved address of `target`. IPv4-mapped and NAT64 addresses are judged by the IPv4 address inside;
 * 6to4, Teredo and other tunnels are refused. A host on the list may resolve to any address.
 */
export function judgeAddress(allowList: AllowList, target: OutboundTarget, address: string): AddressVerdict {
  const effective = effectiveAddress(address)
  if (effective === null) return 'refused'
  const name = withoutTrailingDot(target.hostname)
  const listed = allowList.some(
    (entry) =>
      (entry.port === null || entry.port === target.port) &&
      (entry.kind === 'host' ? entry.name === name : contains(entry.network, effective)),
  )
  if (listed) return 'listed'
  return isPublic(effective) ? 'public' : 'refused'
}

function effectiveAddress(address: string): Address | null {
  if (!isIP(address)) return null
  const parsed = ipaddr.process(address)
  return contains(nat64, parsed) ? new ipaddr.IPv4(parsed.toByteArray().slice(12)) : parsed
}

function contains(network: [Address, number], address: Address): boolean {
  return network[0].kind() === address.kind() && address.match(network)
}

function isPublic(address: Address): boolean {
  if (address.range() !== 'unicast') return false
  return address.kind() === 'ipv4' ? address.toString() !== azureHostAgent : contains(globalUnicast6, address)
}

function withoutTrailingDot(name: string): string {
  return name.endsWith('.') ? name.slice(0, -1) : name
}

/**
 * What is known of a URL's host before its name is looked up: `listed` by the operator; as an address `public` or
 * `refused`; `unknown` for any other name (decided when it is connected to).
 */
export function judgeUrl(allowList: AllowList, url: URL): AddressVerdict | 'unknown' {
  const hostname = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port)
  if (isIP(hostname)) return judgeAddress(allowList, { hostname, port }, hostname)
  const name = withoutTrailingDot(hostname)
  const listed = allowList.some(
    (entry) => entry.kind === 'host' && entry.name === name && (entry.port === null || entry.port === port),
  )
  return listed ? 'listed' : 'unknown'
}
