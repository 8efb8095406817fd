/** Every regular expression of the source: none takes longer than its text is long, or what it gets is short, with the reason. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { parseSync } from '@swc/core'
import type { Measured, Work } from './regular-expressions.worker.ts'

/** Quadratic on texts that never end well: what they are given is short. Pattern -> why. */
const short: Readonly<Record<string, string>> = {
  '\\/+$': "the operator's own setting (src/config.ts)",
  '\\B(?=(\\d{3})+$)': 'the digits of a number (src/features/scoring/wording.ts)',
}

/** Of processor time, for 10,000 characters: linear ones take a tenth of one, quadratic ones more than a hundred. */
const slowMs = 30

type Found = { pattern: string; flags: string; file: string }

/** Literals, and the patterns of schemas. What is put together at run time is named here. */
function expressionsOf(file: string): Found[] {
  const found: Found[] = []
  const tree = parseSync(readFileSync(file, 'utf8'), { syntax: 'typescript', target: 'es2024' })
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    const { type, pattern, flags, key, value } = node as Record<string, unknown>
    if (type === 'RegExpLiteral') found.push({ pattern: String(pattern), flags: String(flags), file })
    if (type === 'KeyValueProperty' && (key as { value?: string }).value === 'pattern') {
      const text = value as { type: string; value: string }
      if (text.type === 'StringLiteral') found.push({ pattern: text.value, flags: 'u', file })
    }
    for (const child of Object.values(node)) walk(child)
  }
  walk(tree)
  return found
}

const sources = globSync('src/**/*.ts').filter((file) => !/\.(?:test|fixture)\.ts$|\/fixtures\//.test(file))
const madeAtRunTime = [
  'src/contracts/authorization-server/language.ts',
  // Names of the person who is erased, every special character escaped, side by side.
  'src/features/personal-data/marks.ts',
  'src/features/reports/sheet-file.ts',
  'src/kernel/api-key.ts',
  'src/kernel/decimal.ts',
]

test('only the expressions named here are made at run time, and none of what a caller sent', () => {
  const made = sources.filter((file) => readFileSync(file, 'utf8').includes('new RegExp('))
  assert.deepEqual(made.sort(), madeAtRunTime)
})

test('no regular expression takes more than its text is long, whatever the text', async () => {
  const all = sources.flatMap(expressionsOf)
  assert.ok(all.length > 100, `${all.length} expressions`)
  const expressions = [...new Map(all.map((one) => [`/${one.pattern}/${one.flags}`, one])).values()]
  const measured = await measure({ expressions, length: 10_000 })
  const slow = measured
    .filter(({ slowest }) => slowest.cpuMs > slowMs)
    .map(({ index, slowest }) => ({ ...expressions[index], ...slowest }))
    .filter(({ pattern = '' }) => short[pattern] === undefined)
  assert.deepEqual(slow, [])
  assert.equal(measured.length, expressions.length, `no end of ${JSON.stringify(expressions[measured.length])}`)
})

test('the measurement sees what it is there for: exponential, quadratic, and linear', async () => {
  const expressions = ['^a+b$', '[a-z]+$'].map((pattern) => ({ pattern, flags: '' }))
  const [linear, quadratic] = await measure({ expressions, length: 10_000 })
  assert.ok((linear?.slowest.cpuMs ?? 100) < slowMs)
  assert.ok((quadratic?.slowest.cpuMs ?? 0) > slowMs)
  const exponential = [{ pattern: '^(?:a|aa)+$', flags: '' }]
  assert.deepEqual(await measure({ expressions: exponential, length: 10_000 }, 2_000), [], 'does not end')
})

/** What has been measured when all is done, or when one expression took longer than `patienceMs`. */
function measure(work: Work, patienceMs = 60_000): Promise<Measured[]> {
  const worker = new Worker(new URL('./regular-expressions.worker.ts', import.meta.url), { workerData: work })
  const measured: Measured[] = []
  return new Promise((resolve, reject) => {
    const end = () => void worker.terminate()
    let patience = setTimeout(end, patienceMs)
    worker.on('message', (one: Measured) => {
      measured.push(one)
      clearTimeout(patience)
      patience = setTimeout(end, patienceMs)
    })
    worker.once('error', reject)
    worker.once('exit', () => {
      clearTimeout(patience)
      resolve(measured)
    })
  })
}
