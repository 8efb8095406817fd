/**
 * A release: `npm run release -- --dry-run` makes everything and tags nothing; without it the tag is made at the end.
 *
 * The version is that of the newest section of CHANGELOG.md and must be package.json's, the client package's and nobody's yet. What is
 * `npm audit` must have been answered, and found nothing: a release is not made where the registry cannot be asked. What is
 * made, in release/: the sources, the client package, the Bruno collection, the bill of materials, and SHA-256 sums of all of them.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { findFaults, readBom } from './sbom.ts'
import { askAudit, findProblems } from './supply-chain.ts'

const root = path.join(import.meta.dirname, '..')
const target = path.join(root, 'release')

/** The newest version of a changelog in the form of keepachangelog.com, and what stands in its section. @throws Error without one */
export function newestSection(changelog: string): { version: string; date: string; text: string } {
  const found = /^## \[?(\d+\.\d+\.\d+(?:-[\w.]+)?)\]? - (\d{4}-\d\d-\d\d)\n([\s\S]*?)(?=^## |(?![\s\S]))/m.exec(
    changelog,
  )
  const [, version, date, text = ''] = found ?? []
  if (version === undefined || date === undefined)
    throw new Error('CHANGELOG.md has no section such as "## 1.2.3 - 2026-01-31"')
  if (text.trim() === '') throw new Error(`the section ${version} of CHANGELOG.md is empty`)
  return { version, date, text: text.trim() }
}

function run(command: string, ...args: string[]): string {
  return execFileSync(command, args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim()
}

function versionIn(folder: string): string {
  return (JSON.parse(readFileSync(path.join(root, folder, 'package.json'), 'utf8')) as { version: string }).version
}

function findObstacles(version: string, isDry: boolean): string[] {
  const differing = ['.', 'packages/client', 'console'].filter((folder) => versionIn(folder) !== version)
  return [
    ...differing.map((folder) => `${folder}/package.json says ${versionIn(folder)}, CHANGELOG.md ${version}`),
    ...(run('git', 'tag', '--list', `v${version}`) === '' ? [] : [`there is a tag v${version} already`]),
    ...(isDry || run('git', 'status', '--porcelain') === '' ? [] : ['there are changes that are not committed']),
    ...findProblems(),
    ...(isDry ? [] : findVulnerabilities()),
  ]
}

function findVulnerabilities(): string[] {
  const { kind, words } = askAudit()
  if (kind === 'clean') return []
  return [
    kind === 'found'
      ? words
      : `the registry did not answer "npm audit" (${words}): make the release where it can be asked`,
  ]
}

function make({ version, text }: { version: string; text: string }): void {
  rmSync(target, { recursive: true, force: true })
  mkdirSync(target)
  const file = (name: string) => path.join(target, name)
  const prefix = `clientele-${version}`
  // git writes the same bytes for the same commit: whoever has the sources can make them again.
  run('git', 'archive', '--format=tar.gz', `--prefix=${prefix}/`, `--output=${file(`${prefix}.tar.gz`)}`, 'HEAD')
  run(
    'git',
    'archive',
    '--format=tar.gz',
    `--prefix=${prefix}-bruno/`,
    `--output=${file(`${prefix}-bruno.tar.gz`)}`,
    'HEAD:docs/bruno',
  )
  run('npm', 'pack', '--silent', '--workspace', '@clientele/client', '--pack-destination', target)
  const bom = readBom()
  const faults = findFaults(bom)
  if (faults.length > 0) throw new Error(`the bill of materials: ${faults.join('; ')}`)
  writeFileSync(file(`${prefix}.cdx.json`), `${JSON.stringify(bom, null, 2)}\n`)
  writeFileSync(file('NOTES.md'), `${text}\n`)
  const sums = readdirSync(target)
    .toSorted()
    .map(
      (name) =>
        `${createHash('sha256')
          .update(readFileSync(file(name)))
          .digest('hex')}  ${name}\n`,
    )
  writeFileSync(file('SHA256SUMS'), sums.join(''))
}

if (import.meta.main) {
  const isDry = process.argv.includes('--dry-run')
  // Before the first release there is no section yet: a dry run says what one would be.
  const changelog = readFileSync(path.join(root, 'CHANGELOG.md'), 'utf8')
  const dated = `## ${versionIn('.')} - ${new Date().toISOString().slice(0, 10)}`
  const section = newestSection(isDry ? changelog.replace(/^## Unreleased$/m, dated) : changelog)
  const obstacles = findObstacles(section.version, isDry)
  for (const obstacle of obstacles) console.error(obstacle)
  if (obstacles.length > 0) process.exitCode = 1
  else {
    make(section)
    if (!isDry) run('git', 'tag', '--annotate', `v${section.version}`, '--message', `Clientele ${section.version}`)
    console.log(readFileSync(path.join(target, 'SHA256SUMS'), 'utf8'))
    console.log(isDry ? 'Nothing was tagged.' : `Tagged v${section.version}: git push origin v${section.version}`)
  }
}
