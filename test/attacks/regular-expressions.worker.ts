/** Times expressions on texts that make backtracking ones slow. A thread of its own: what never ends can be ended from outside. */
import { parentPort, workerData } from 'node:worker_threads'

export type Measured = { index: number; slowest: { cpuMs: number; unit: string } }
export type Work = { expressions: { pattern: string; flags: string }[]; length: number }

const { expressions, length } = workerData as Work

/** Something of every class that an expression may name. */
const characters = Array.from('aZ09 \t\n\r-_.,:;/\\=+*?!@#$%&|~^\'"`<>(){}[]é\u00a0\u202f\u0000')
/** What comes first before the first repetition: without it the engine never gets to the slow part. */
const startOf = (pattern: string) => /^\^?([\w/:.@ -]*?)(?=[\w/:.@ -]?[*+?{]|[^\w/:.@ -]|$)/.exec(pattern)?.[1] ?? ''

function unitsOf(pattern: string): string[] {
  const literals = [
    ...new Set(pattern.replace(/\\[bBdDsSwWnrtu^$]|\(\?<?[:=!]/g, '').match(/[^\\^$*+?()[\]{}|]/g) ?? []),
  ].slice(0, 8)
  return [
    ...characters,
    ...literals.flatMap((one) => literals.map((other) => one + other)),
    'a ',
    ' a',
    '0.',
    'a.',
    'a@',
    'a,',
    '""',
    '\\"',
  ]
}

for (const [index, { pattern, flags }] of expressions.entries()) {
  const expression = new RegExp(pattern, flags.replace(/[gy]/g, ''))
  let slowest = { cpuMs: 0, unit: '' }
  for (const unit of unitsOf(pattern)) {
    // It is known to be slow by now.
    if (slowest.cpuMs > 200) break
    for (const end of ['\u0000!', 'a']) {
      const text = `${startOf(pattern)}${unit.repeat(length / unit.length)}${end}`
      const before = process.threadCpuUsage()
      expression.exec(text)
      const { user, system } = process.threadCpuUsage(before)
      const cpuMs = (user + system) / 1000
      if (cpuMs > slowest.cpuMs) slowest = { cpuMs, unit }
    }
  }
  parentPort?.postMessage({ index, slowest } satisfies Measured)
}
