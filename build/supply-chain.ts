/**
 * What comes in from others, read from package-lock.json and node_modules: licences, install scripts, pinned versions.
 * `npm run check:supply-chain` fails when something has come in that nobody has allowed, or that has a known vulnerability
 * (`npm audit`, of what is installed in production). Where the registry cannot be asked it says so, and fails with --audit-required only.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'

const root = path.join(import.meta.dirname, '..')

export type Package = {
  /** Its place in node_modules. */
  place: string
  name: string
  version: string
  /** SPDX; null where nobody says. */
  licence: string | null
  /** Needed to build or test only: not part of what is installed in production. */
  isDev: boolean
  hasInstallScript: boolean
  integrity: string | null
}

type Locked = {
  version?: string
  license?: string
  dev?: boolean
  link?: boolean
  hasInstallScript?: boolean
  integrity?: string
  resolved?: string
}
type Manifest = Record<
  'dependencies' | 'devDependencies' | 'optionalDependencies' | 'allowScripts',
  Record<string, unknown>
>

/** May come in anywhere: nothing is asked but to keep the notice. */
export const allowed = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  'MIT',
  'MIT-0',
  'OFL-1.1',
  'Unlicense',
])

/** Copyleft by file (MPL-2.0): a tool that builds the console, unchanged and not part of what is built. */
const buildTools = /^lightningcss(?:-|$)/

export function readPackages(): Package[] {
  const lock = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, Locked>
  }
  return Object.entries(lock.packages)
    .filter(([place, one]) => place.includes('node_modules/') && !one.link)
    .map(([place, one]) => ({
      place,
      name: place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length),
      version: one.version ?? '',
      licence: one.license ?? licenceInstalled(place) ?? licenceOfSiblings(place, lock.packages),
      isDev: one.dev === true,
      hasInstallScript: one.hasInstallScript === true,
      integrity: one.integrity ?? null,
    }))
}

function licenceInstalled(place: string): string | null {
  const manifest = path.join(root, place, 'package.json')
  if (!existsSync(manifest)) return null
  const { license, licenses } = JSON.parse(readFileSync(manifest, 'utf8')) as {
    license?: unknown
    licenses?: { type?: string }[]
  }
  if (typeof license === 'string') return license
  return licenses?.[0]?.type ?? null
}

/** Builds of one program for other machines: `@x/compiler-darwin-arm64` is under the licence of `@x/compiler`. */
function licenceOfSiblings(place: string, packages: Record<string, Locked>): string | null {
  const parts = place.split('-')
  for (let length = parts.length - 1; length > 0; length--) {
    const licence = packages[parts.slice(0, length).join('-')]?.license
    if (licence !== undefined) return licence
  }
  const folder = path.dirname(place)
  return (
    Object.entries(packages).find(([other, one]) => path.dirname(other) === folder && one.license)?.[1].license ?? null
  )
}

/** Every licence of an "and", one of an "or" (SPDX expressions without nesting, which is all there is). */
export function isAllowed(licence: string | null): boolean {
  if (licence === null) return false
  const bare = licence.replace(/^\((.*)\)$/, '$1')
  if (/ OR /i.test(bare)) return bare.split(/ OR /i).some((one) => allowed.has(one.trim()))
  return bare.split(/ AND /i).every((one) => allowed.has(one.trim()))
}

/** What is not as it should be, a line each; empty when all is well. */
export function findProblems(packages = readPackages(), manifests = readManifests()): string[] {
  const scripted = new Set(packages.filter((one) => one.hasInstallScript).map((one) => one.name))
  const permitted = new Set(Object.keys(manifests[0]?.allowScripts ?? {}))
  return [
    ...packages
      .filter(
        (one) => !one.isDev && !isAllowed(one.licence) && !(one.licence === 'MPL-2.0' && buildTools.test(one.name)),
      )
      .map((one) => `${one.name} ${one.version}: the licence ${one.licence ?? '(none)'} is not one that may come in`),
    ...[...scripted]
      .filter((one) => !permitted.has(one))
      .map((one) => `${one}: has an install script that package.json does not allow`),
    ...[...permitted]
      .filter((one) => !scripted.has(one))
      .map((one) => `${one}: is allowed an install script and has none`),
    ...manifests.flatMap((manifest) =>
      (['dependencies', 'devDependencies', 'optionalDependencies'] as const)
        .flatMap((kind) => Object.entries(manifest[kind] ?? {}))
        .filter(([, version]) => !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(String(version)))
        .map(([name, version]) => `${name}: ${String(version)} is not one version`),
    ),
  ]
}

function readManifests(): Partial<Manifest>[] {
  return ['.', 'console', 'packages/client'].map(
    (folder) => JSON.parse(readFileSync(path.join(root, folder, 'package.json'), 'utf8')) as Partial<Manifest>,
  )
}

export type Audit = { kind: 'clean' | 'found' | 'not asked'; words: string }

/** What `npm audit --json` has said. */
export function judgeAudit(text: string): Audit {
  const said = parse(text)
  const counts = said?.metadata?.vulnerabilities
  if (!counts) {
    const reason = said?.error?.summary || said?.message || 'npm audit gave no answer'
    return { kind: 'not asked', words: reason.split('\n')[0] ?? '' }
  }
  if (counts.total === 0) return { kind: 'clean', words: 'no known vulnerability in what is installed in production' }
  const names = Object.entries(said.vulnerabilities ?? {}).map(([name, { severity }]) => `${name} (${severity})`)
  return { kind: 'found', words: `known vulnerabilities: ${names.join(', ')}; "npm audit" tells more` }
}

type AuditAnswer = {
  metadata?: { vulnerabilities?: { total: number } }
  vulnerabilities?: Record<string, { severity: string }>
  error?: { summary?: string }
  message?: string
}

function parse(text: string): AuditAnswer | null {
  try {
    return JSON.parse(text) as AuditAnswer
  } catch {
    return null
  }
}

/** Asks the registry; where it does not answer that is said, after a minute at most. */
export function askAudit(): Audit {
  const { stdout } = spawnSync('npm', ['audit', '--omit=dev', '--json'], {
    cwd: root,
    encoding: 'utf8',
    timeout: 60_000,
  })
  return judgeAudit(stdout ?? '')
}

if (import.meta.main) {
  const problems = findProblems()
  for (const problem of problems) console.error(problem)
  if (problems.length === 0)
    console.log(`${readPackages().length} packages: licences, install scripts and versions are as they should be`)
  const { kind, words } = askAudit()
  if (kind === 'not asked')
    console.error(`NOT CHECKED for known vulnerabilities: the registry did not answer npm audit (${words}).`)
  else (kind === 'clean' ? console.log : console.error)(words)
  const isUnasked = kind === 'not asked' && process.argv.includes('--audit-required')
  if (problems.length > 0 || kind === 'found' || isUnasked) process.exitCode = 1
}
