/**
 * A flame graph of a CPU profile as SVG: who called whom from top to bottom, as wide as the time it took, the same callers
 * merged. A frame's name, share and time stand in its title, which browsers show under the pointer.
 */
import type { CpuProfile } from './cpu-profile.ts'
import { nameOf, sampledTimes } from './cpu-profile.ts'

type Frame = { name: string; module: string; microseconds: number; callees: Map<string, Frame> }

const size = { width: 1200, row: 15, header: 34 }
/** Narrower ones cannot be seen, and make the file long. */
const leastShare = 0.002
/** Of callers and callees; deeper ones are cut off. */
const deepest = 40
const idle = new Set(['(idle)', '(program)'])
const letterWidth = 5.6

/**
 * @param lastMilliseconds so much of the profile's end is drawn; before it stand start and warm-up
 * @returns the SVG document
 */
export function flameGraph(profile: CpuProfile, title: string, lastMilliseconds = Number.POSITIVE_INFINITY): string {
  const root = mergeStacks(profile, lastMilliseconds)
  const rows: string[] = []
  let depth = 0
  const draw = (frame: Frame, x: number, level: number) => {
    depth = Math.max(depth, level)
    rows.push(rectangle(frame, { x, level, share: frame.microseconds / root.microseconds }))
    if (level === deepest) return
    let from = x
    const callees = [...frame.callees.values()].sort((a, b) => b.microseconds - a.microseconds)
    for (const callee of callees) {
      if (callee.microseconds / root.microseconds < leastShare) break
      draw(callee, from, level + 1)
      from += (size.width * callee.microseconds) / root.microseconds
    }
  }
  draw(root, 0, 0)
  const height = size.header + (depth + 1) * size.row + 6
  const legend = Object.entries(colours).map(
    ([kind, colour], i) =>
      `<rect x="${780 + i * 105}" y="10" width="10" height="10" fill="${colour}"/><text x="${794 + i * 105}" y="19">${kind}</text>`,
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${height}" font-family="monospace" font-size="9.5"><title>${escapeXml(title)}</title><rect width="100%" height="100%" fill="#fff"/><text x="4" y="20" font-size="13">${escapeXml(title)}</text>${legend.join('')}\n${rows.join('')}\n</svg>\n`
}

/** Callers above callees, without the time in which the process waited. */
function mergeStacks(profile: CpuProfile, lastMilliseconds: number): Frame {
  const { nodes, samples, timeDeltas } = profile
  const times = sampledTimes(profile)
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const callerOf = new Map(nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node.id] as const)))
  const root: Frame = { name: 'all', module: '', microseconds: 0, callees: new Map() }
  const whole = timeDeltas.reduce((sum, one) => sum + one, 0)
  let passed = 0
  samples.forEach((sample, i) => {
    const spent = times[i] ?? 0
    passed += timeDeltas[i] ?? 0
    if (whole - passed > lastMilliseconds * 1000) return
    const stack: number[] = []
    for (let id: number | undefined = sample; id !== undefined; id = callerOf.get(id)) stack.unshift(id)
    const top = byId.get(sample)
    if (!top || idle.has(top.callFrame.functionName)) return
    root.microseconds += spent
    let frame = root
    for (const id of stack) {
      const called = byId.get(id)
      if (!called || called.callFrame.functionName === '(root)') continue
      const name = called.callFrame.functionName || '(anonymous)'
      const module = nameOf(called.callFrame, 'module')
      const key = `${name} ${module}`
      const callee = frame.callees.get(key) ?? { name, module, microseconds: 0, callees: new Map() }
      frame.callees.set(key, callee)
      callee.microseconds += spent
      frame = callee
    }
  })
  return root
}

const colours = { ours: '#f59e0b', packages: '#60a5fa', 'Node.js': '#94a3b8', native: '#fca5a5' }

function colourOf({ module, name }: Frame): string {
  if (module.startsWith('src/')) return colours.ours
  if (module === 'node') return colours['Node.js']
  return module === name || module === '' ? colours.native : colours.packages
}

function rectangle(frame: Frame, { x, level, share }: { x: number; level: number; share: number }): string {
  const width = share * size.width
  const y = size.header + level * size.row
  const place = frame.module === '' || frame.module === frame.name ? '' : ` ${frame.module}`
  const title = `${frame.name}${place}: ${(share * 100).toFixed(1)} %, ${Math.round(frame.microseconds / 1000)} ms`
  const label = frame.name.slice(0, Math.max(0, Math.floor((width - 4) / letterWidth)))
  const text = label.length < 3 ? '' : `<text x="${(x + 2).toFixed(1)}" y="${y + 11}">${escapeXml(label)}</text>`
  return `<g><title>${escapeXml(title)}</title><rect x="${x.toFixed(1)}" y="${y}" width="${Math.max(0.5, width - 0.5).toFixed(1)}" height="${size.row - 1}" fill="${colourOf(frame)}"/>${text}</g>`
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
