/** Reads what `node --cpu-prof` writes (Chrome DevTools Protocol, Profiler.Profile). */

export type CpuProfile = {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number }; children?: number[] }[]
  /** Node on the stack's top at each sample. */
  samples: number[]
  /** Microseconds since the sample before. */
  timeDeltas: number[]
}

export type SelfTime = { name: string; milliseconds: number; share: number }

const idle = '(idle)'

/**
 * What each sample stands for, in microseconds. One that came late waited for a core that others had: the time in between was
 * spent nowhere, and would be put down to whoever woke another process up just before. It counts as a usual one.
 */
export function sampledTimes({ timeDeltas }: Pick<CpuProfile, 'timeDeltas'>): number[] {
  const usual = timeDeltas.toSorted((a, b) => a - b)[Math.floor(timeDeltas.length / 2)] ?? 0
  return timeDeltas.map((delta) => (delta > 3 * usual ? usual : delta))
}

/** Self times, longest first; shares are of the time in which the process was not idle. */
export function selfTimes(profile: CpuProfile, group: 'function' | 'module'): SelfTime[] {
  const names = new Map(profile.nodes.map(({ id, callFrame }) => [id, nameOf(callFrame, group)]))
  const microseconds = new Map<string, number>()
  const times = sampledTimes(profile)
  profile.samples.forEach((node, i) => {
    const name = names.get(node) ?? '(unknown)'
    microseconds.set(name, (microseconds.get(name) ?? 0) + (times[i] ?? 0))
  })
  microseconds.delete(idle)
  const busy = [...microseconds.values()].reduce((sum, one) => sum + one, 0)
  return [...microseconds]
    .map(([name, spent]) => ({ name, milliseconds: spent / 1000, share: spent / busy }))
    .sort((a, b) => b.milliseconds - a.milliseconds)
}

export function nameOf(frame: CpuProfile['nodes'][number]['callFrame'], group: 'function' | 'module'): string {
  const { functionName, url, lineNumber } = frame
  if (url === '') return functionName || '(native)'
  const place = placeOf(url)
  if (group === 'function') return `${functionName || '(anonymous)'} ${place}:${lineNumber + 1}`
  const ofPackage = /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(place)
  return ofPackage?.[1] ?? (place.startsWith('node:') ? 'node' : place)
}

/** Relative to the checkout: src/..., node_modules/..., node:... */
function placeOf(url: string): string {
  const [, inside] = /\/((?:src|node_modules|migrations|bench)\/.*)$/.exec(url) ?? []
  const nested = inside?.lastIndexOf('node_modules/') ?? -1
  return inside && nested > 0 ? inside.slice(nested) : (inside ?? url)
}
