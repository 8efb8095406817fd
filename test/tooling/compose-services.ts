/** compose.yaml as commands of podman: what a change of that file says is what is run. A key that is not known here is refused. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parse } from 'yaml'

const root = path.join(import.meta.dirname, '../..')

type Written = {
  image: string
  command?: string[]
  environment?: Record<string, string>
  volumes?: string[]
  tmpfs?: string[]
  read_only?: boolean
  cap_drop?: string[]
  security_opt?: string[]
  sysctls?: Record<string, string>
  shm_size?: string
  mem_limit?: string
  healthcheck?: { test?: string[]; disable?: boolean }
  depends_on?: Record<string, { condition: string }>
  stop_grace_period?: string
  networks?: string[]
  ports?: string[]
}

export type Service = {
  name: string
  image: string
  /** For `podman run`, before the image. */
  options: string[]
  command: string[]
  waitsFor: string[]
  sysctls: Record<string, string>
  graceSeconds: number
  /** false: a test of its own is not asked for. */
  hasHealth: boolean
}

/** What Compose does beside, and a trial in one sitting has no use for. */
const leftToCompose = ['build', 'restart', 'init', 'networks', 'ports', 'mem_limit']
const understood = [
  ...[
    'image',
    'command',
    'environment',
    'volumes',
    'tmpfs',
    'read_only',
    'cap_drop',
    'security_opt',
    'sysctls',
    'shm_size',
  ],
  ...['healthcheck', 'depends_on', 'stop_grace_period'],
]

/** `${NAME:?why}` and `${NAME:-default}`, as the Compose specification has them. @throws Error for a name that is not given */
function interpolate(text: string, given: Readonly<Record<string, string>>): string {
  return text.replace(/\$\{(\w+)(?::([?-])([^}]*))?\}/g, (_all, name: string, kind?: string, words = '') => {
    const value = given[name]
    if (value) return value
    if (kind === '-') return words
    throw new Error(`${name} is not set: ${words}`)
  })
}

function optionsOf(name: string, one: Written): string[] {
  const test = one.healthcheck?.test
  return [
    ...(one.read_only ? ['--read-only', '--read-only-tmpfs=false'] : []),
    ...(one.tmpfs ?? []).map((mount) => `--tmpfs=${mount}`),
    ...(one.cap_drop ?? []).map((capability) => `--cap-drop=${capability}`),
    ...(one.security_opt ?? []).map((option) => `--security-opt=${option.replace(/:true$/, '')}`),
    ...(one.shm_size ? [`--shm-size=${one.shm_size}`] : []),
    ...Object.entries(one.environment ?? {}).map(([key, value]) => `--env=${key}=${value}`),
    ...(one.volumes ?? []).map(
      (volume) => `--volume=${volume.startsWith('./') ? path.join(root, volume) : `compose-check-${volume}`}`,
    ),
    ...(test ? [`--health-cmd=${JSON.stringify(test)}`] : []),
    // No systemd may be here to ask from time to time; it is asked for.
    '--health-interval=disable',
    `--name=${name}`,
  ]
}

/** In the order in which they can be started, and the network that they share (CIDR). @throws Error for what is not understood */
export function readServices(given: Readonly<Record<string, string>>): { services: Service[]; subnet: string } {
  const text = interpolate(readFileSync(path.join(root, 'compose.yaml'), 'utf8').replace(/^\s*#.*$/gm, ''), given)
  const file = parse(text, { merge: true }) as {
    services: Record<string, Written>
    networks: { inside: { ipam: { config: [{ subnet: string }] } } }
  }
  const services = Object.entries(file.services).map(([name, one]): Service => {
    const unknown = Object.keys(one).filter((key) => !understood.includes(key) && !leftToCompose.includes(key))
    if (unknown.length > 0) throw new Error(`compose.yaml, ${name}: ${unknown.join(', ')} is not tried by this program`)
    const waits = Object.entries(one.depends_on ?? {})
    if (waits.some(([, { condition }]) => condition !== 'service_healthy'))
      throw new Error(`${name}: an unknown condition`)
    return {
      name,
      image: one.image,
      options: optionsOf(name, one),
      command: one.command ?? [],
      waitsFor: waits.map(([other]) => other),
      sysctls: one.sysctls ?? {},
      graceSeconds: Number.parseInt(one.stop_grace_period ?? '10s', 10),
      hasHealth:
        !one.healthcheck?.disable && (one.healthcheck?.test !== undefined || one.image.startsWith('clientele:')),
    }
  })
  return { services: inOrder(services), subnet: file.networks.inside.ipam.config[0].subnet }
}

function inOrder(services: readonly Service[]): Service[] {
  const sorted: Service[] = []
  while (sorted.length < services.length) {
    const next = services.find(
      (one) => !sorted.includes(one) && one.waitsFor.every((name) => sorted.some((other) => other.name === name)),
    )
    if (!next) throw new Error('compose.yaml: services wait for one another')
    sorted.push(next)
  }
  return sorted
}
