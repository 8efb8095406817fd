import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { ICruiseResult } from 'dependency-cruiser'
import { cruise, getAvailableTranspilers } from 'dependency-cruiser'
import extractDepcruiseOptions from 'dependency-cruiser/config-utl/extract-depcruise-options'

const REPOSITORY = join(import.meta.dirname, '../..')
const RULES = join(REPOSITORY, '.dependency-cruiser.cjs')

/** One forbidden import: the rule's name and reason, and the path from the importing module to the forbidden one. */
export type Violation = { rule: string; reason: string; from: string; to: string; via: string[] }

/** What one look at a source tree gave. `modules` and `imports` count what was really parsed under src/. */
export type DependencyReport = { modules: number; imports: number; violations: Violation[] }

/**
 * Follows every import under `directory`/src and holds it against .dependency-cruiser.cjs.
 *
 * @throws Error when a source file was not parsed or no import was seen at all: dependency-cruiser skips what it has
 *   no parser for and then reports success (it has none for TypeScript 7 without @swc/core).
 */
export async function checkDependencies(directory: string): Promise<DependencyReport> {
  const swc = getAvailableTranspilers().find(({ name }) => name === 'swc')
  if (!swc?.available) throw new Error('dependency-cruiser cannot use @swc/core: is it installed (npm ci)?')

  const options = await extractDepcruiseOptions(RULES)
  const { output } = await cruise(['src'], { ...options, baseDir: directory })
  if (typeof output === 'string') throw new Error(`dependency-cruiser gave text instead of a result: ${output}`)

  const parsed = output.modules.filter(({ source, followable }) => source.startsWith('src/') && followable !== false)
  const imports = parsed.reduce((count, { dependencies }) => count + dependencies.length, 0)
  await refuseBlindness(directory, parsed, imports)
  return { modules: parsed.length, imports, violations: violationsOf(output) }
}

async function refuseBlindness(directory: string, parsed: ICruiseResult['modules'], imports: number): Promise<void> {
  const files = await readdir(join(directory, 'src'), { recursive: true })
  const sources = new Set(parsed.map(({ source }) => source))
  const missed = files.map((file) => `src/${file}`).filter((file) => file.endsWith('.ts') && !sources.has(file))
  if (missed.length > 0) throw new Error(`dependency-cruiser did not read ${missed.join(', ')}`)
  if (parsed.length === 0) throw new Error(`dependency-cruiser found no module under ${directory}/src`)
  if (imports === 0)
    throw new Error(`dependency-cruiser found no import in ${parsed.length} modules: is the parser blind?`)
}

function violationsOf(result: ICruiseResult): Violation[] {
  const reasons = new Map(result.summary.ruleSetUsed?.forbidden?.map(({ name, comment }) => [name, comment]))
  return result.summary.violations.map(({ rule, from, to, cycle }) => ({
    rule: rule.name,
    reason: reasons.get(rule.name) ?? '',
    from,
    to,
    via: cycle?.map(({ name }) => name) ?? [],
  }))
}

/** The report as lines for a person: violations grouped by rule, each rule with its reason, then the counts. */
export function describeReport({ modules, imports, violations }: DependencyReport): string {
  const lines: string[] = []
  for (const [rule, found] of Map.groupBy(violations, (violation) => violation.rule)) {
    lines.push(`${rule}: ${found[0]?.reason ?? ''}`)
    for (const { from, to, via } of found) {
      const path = via.length > 0 ? [from, ...via] : [from, to]
      lines.push(`  ${path.filter((step, index) => step !== path[index - 1]).join(' -> ')}`)
    }
    lines.push('')
  }
  const verdict = violations.length === 0 ? 'no forbidden dependency' : `${violations.length} forbidden dependencies`
  lines.push(`${verdict} in ${modules} modules with ${imports} imports`)
  return lines.join('\n')
}

if (import.meta.main) {
  const report = await checkDependencies(REPOSITORY)
  console.log(describeReport(report))
  if (report.violations.length > 0) process.exitCode = 1
}
