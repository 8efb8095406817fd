/**
 * Where nodes live: each in a network namespace of its own, joined to the load balancer's by a pair of virtual interfaces, so that
 * nothing leaves them; where that is not allowed, at addresses of the loopback. The test itself speaks to the load balancer through Unix sockets.
 * The addresses are those that RFC 5737 keeps for documentation: they lead nowhere else.
 */
import { execFileSync } from 'node:child_process'

export type Place = {
  /** Where the node listens. */
  host: string
  port: number
  /** In front of a command that shall run there. */
  enter: readonly string[]
}

export type Network = {
  description: string
  loadBalancer: { enter: readonly string[] }
  /** Nodes that answer requests. */
  nodes: readonly Place[]
  /** Nodes that only work: they reach the database, and nobody reaches them. */
  workers: readonly Pick<Place, 'enter'>[]
  close(): void
}

/** @param isolated false: never namespaces, because the database is reached by an address of the loopback */
export function layNetwork(counts: { nodes: number; workers: number }, isolated: boolean): Network {
  if (isolated && process.getuid?.() === 0) {
    const made: string[] = []
    try {
      return layNamespaces(counts, made)
    } catch (error) {
      removeNamespaces(made)
      return layLoopback(counts, `no network namespaces here: ${(error as Error).message.split('\n')[0]}`)
    }
  }
  return layLoopback(
    counts,
    isolated ? 'no network namespaces: they need root' : 'the database listens on the loopback',
  )
}

const ip = (...args: string[]) => execFileSync('ip', args, { stdio: ['ignore', 'pipe', 'pipe'] })
const inside = (namespace: string) => ['ip', 'netns', 'exec', namespace]

function layNamespaces(counts: { nodes: number; workers: number }, made: string[]): Network {
  const create = (name: string) => {
    const namespace = `clientele-${process.pid}-${name}`
    ip('netns', 'add', namespace)
    made.push(namespace)
    ip('-n', namespace, 'link', 'set', 'lo', 'up')
    ip('netns', 'exec', namespace, 'true')
    return namespace
  }
  const balancer = create('lb')
  const nodes = Array.from({ length: counts.nodes }, (_, i): Place => {
    const namespace = create(`api${i}`)
    const [near, far] = [`192.0.2.${4 * i + 1}`, `192.0.2.${4 * i + 2}`]
    ip('-n', balancer, 'link', 'add', `node${i}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace)
    for (const [where, device, address] of [
      [balancer, `node${i}`, near],
      [namespace, 'eth0', far],
    ] as const) {
      ip('-n', where, 'address', 'add', `${address}/30`, 'dev', device)
      ip('-n', where, 'link', 'set', device, 'up')
    }
    return { host: far, port: 8000, enter: inside(namespace) }
  })
  const workers = Array.from({ length: counts.workers }, (_, i) => ({ enter: inside(create(`worker${i}`)) }))
  return {
    description: 'each node in a network namespace of its own',
    loadBalancer: { enter: inside(balancer) },
    nodes,
    workers,
    close: () => removeNamespaces(made),
  }
}

function removeNamespaces(made: readonly string[]): void {
  for (const namespace of made) ip('netns', 'delete', namespace)
}

function layLoopback(counts: { nodes: number; workers: number }, why: string): Network {
  return {
    description: `nodes at addresses of the loopback (${why})`,
    loadBalancer: { enter: [] },
    nodes: Array.from({ length: counts.nodes }, (_, i) => ({ host: `127.0.0.${11 + i}`, port: 18_000 + i, enter: [] })),
    workers: Array.from({ length: counts.workers }, () => ({ enter: [] })),
    close: () => {},
  }
}
