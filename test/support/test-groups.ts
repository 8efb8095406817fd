/** Test files that share a process: each is a suite there, loaded when its turn has come to be declared, with hooks of its own. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

/**
 * The text of a file that loads others. By `require`, within the suite: what an `import()` loads is evaluated outside of it, and
 * all hooks would be everybody's (test/tooling/test-groups.test.ts). So none of them may await at its top level.
 * @param files absolute paths
 */
function sourceOf(files: readonly string[]): string {
  const named = files.map((file) => [path.relative(process.cwd(), file), file])
  return `import { createRequire } from 'node:module'
import { describe } from 'node:test'
const load = createRequire(import.meta.url)
for (const [name, file] of ${JSON.stringify(named)}) describe(name, () => void load(file))
`
}

/** @returns a file for each group, and what removes them */
export function writeGroups(groups: readonly (readonly string[])[]): { files: string[]; remove: () => void } {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'clientele-test-groups-'))
  const files = groups.map((group, index) => {
    const file = path.join(folder, `${String(index).padStart(2, '0')}.test.mjs`)
    writeFileSync(file, sourceOf(group))
    return file
  })
  return { files, remove: () => rmSync(folder, { recursive: true }) }
}
