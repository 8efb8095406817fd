/**
 * A server's network namespace and one for each of its clients, joined by pairs of virtual interfaces; nothing leaves them.
 * The addresses are those that RFC 5737 keeps for documentation.
 */
import { execFileSync } from 'node:child_process'

export type ClientPlace = {
  namespace: string
  /** Where the server is, seen from there. */
  server: string
}

export type ClientNetwork = { server: string; clients: Record<string, ClientPlace>; close(): void }

const run = (program: string, ...args: string[]) => execFileSync(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
const ip = (...args: string[]) => run('ip', ...args)

/**
 * @param names of clients, each in a namespace of its own
 * @throws Error with the first line of what the system says where it makes no namespaces
 */
export function layClientNetwork(names: readonly string[]): ClientNetwork {
  const made: string[] = []
  const create = (name: string): string => {
    const namespace = `clientele-${process.pid}-${name}`
    ip('netns', 'add', namespace)
    made.push(namespace)
    ip('-n', namespace, 'link', 'set', 'lo', 'up')
    return namespace
  }
  const close = () => {
    for (const namespace of made.splice(0)) ip('netns', 'delete', namespace)
  }
  try {
    const server = create('server')
    const places = names.map((name, i): [string, ClientPlace] => {
      const namespace = create(name)
      const [near, far] = [`198.51.100.${4 * i + 1}`, `198.51.100.${4 * i + 2}`]
      ip('-n', server, 'link', 'add', name, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace)
      for (const [where, device, address] of [
        [server, name, near],
        [namespace, 'eth0', far],
      ] as const) {
        ip('-n', where, 'address', 'add', `${address}/30`, 'dev', device)
        ip('-n', where, 'link', 'set', device, 'up')
      }
      return [name, { namespace, server: near }]
    })
    // What an operator may set on a whole machine: a stream's unanswered bytes are given up after a second or two, not after 15 minutes.
    ip('netns', 'exec', server, 'sh', '-c', 'echo 3 > /proc/sys/net/ipv4/tcp_retries2')
    return { server, clients: Object.fromEntries(places), close }
  } catch (error) {
    close()
    throw new Error((error as Error).message.split('\n')[0], { cause: error })
  }
}

/** Loses every third packet, in both directions, by chance. @throws Error where the system has no such rule */
export function losePackets({ namespace }: ClientPlace, probability: number): void {
  for (const chain of ['INPUT', 'OUTPUT']) {
    const rule = [
      '-A',
      chain,
      '-m',
      'statistic',
      '--mode',
      'random',
      '--probability',
      String(probability),
      '-j',
      'DROP',
    ]
    ip('netns', 'exec', namespace, 'iptables', ...rule)
  }
}

/** As if the cable were pulled: nobody is told. */
export function vanish({ namespace }: ClientPlace): void {
  ip('-n', namespace, 'link', 'set', 'eth0', 'down')
}
