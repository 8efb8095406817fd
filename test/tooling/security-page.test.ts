/** docs/security.md promises: each proof that it names must be there, by its title. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'

const page = path.resolve(import.meta.dirname, '../../docs/security.md')
const links = [...readFileSync(page, 'utf8').matchAll(/\[([^\]]+)\]\(([^)]+)\)/g)].map(
  ([, text = '', target = '']) => ({
    text,
    file: path.resolve(path.dirname(page), target.split('#')[0] ?? ''),
  }),
)

test('every page and file that the security page links is there', () => {
  assert.deepEqual(
    links.filter(({ file }) => !existsSync(file)),
    [],
  )
})

test('every proof that the security page names is the title of a test in that file', () => {
  const proofs = links.filter(({ file }) => file.endsWith('.test.ts'))
  assert.ok(proofs.length > 40)
  const missing = proofs.filter(({ text, file }) => {
    const source = readFileSync(file, 'utf8')
    return !['test', 'it'].some((name) => source.includes(`${name}('${text}'`) || source.includes(`${name}("${text}"`))
  })
  assert.deepEqual(missing, [])
})

test('every row of who attacks, and of the OWASP list, names a proof', () => {
  const rows = readFileSync(page, 'utf8')
    .split('\n')
    .filter((line) => /^\| (\*\*|API\d)/.test(line))
  assert.equal(rows.filter((row) => row.startsWith('| API')).length, 10)
  assert.deepEqual(
    rows.filter((row) => !row.includes('.test.ts)')),
    [],
  )
})
