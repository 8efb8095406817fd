/** docs/security.md and security-asvs.md promise: each proof that they name must be there, the former's by its title. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'

const docs = path.resolve(import.meta.dirname, '../../docs')
const page = path.join(docs, 'security.md')
const asvs = path.join(docs, 'security-asvs.md')

function linksOf(file: string): { text: string; file: string }[] {
  return [...readFileSync(file, 'utf8').matchAll(/\[([^\]]+)\]\(([^)]+)\)/g)]
    .filter(([, , target = '']) => !target.startsWith('https:'))
    .map(([, text = '', target = '']) => ({ text, file: path.resolve(docs, target.split('#')[0] ?? '') }))
}

test('every page and file that the security pages link is there', () => {
  assert.deepEqual(
    [page, asvs].flatMap(linksOf).filter(({ file }) => !existsSync(file)),
    [],
  )
})

/** As GitHub makes an anchor of a heading. */
const anchorsOf = (file: string): string[] =>
  [...readFileSync(file, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )

test('every section that the security pages and the operations guide point to is there', () => {
  const pages = [page, asvs, path.join(docs, 'operations.md')]
  const pointed = pages.flatMap((from) =>
    [...readFileSync(from, 'utf8').matchAll(/\]\(([^)#:]*)#([^)]+)\)/g)].map(([, file = '', anchor = '']) => ({
      file: file === '' ? from : path.resolve(docs, file),
      anchor,
    })),
  )
  assert.ok(pointed.length > 4)
  assert.deepEqual(
    pointed.filter(({ file, anchor }) => !anchorsOf(file).includes(anchor)),
    [],
  )
})

test('every proof that the security page names is the title of a test in that file', () => {
  const proofs = linksOf(page).filter(({ file }) => file.endsWith('.test.ts'))
  assert.ok(proofs.length > 60)
  const missing = proofs.filter(({ text, file }) => {
    // The formatter may have put a long title on a line of its own.
    const source = readFileSync(file, 'utf8').replace(/\(\s+/g, '(')
    const names = ['test', 'it', 'describe']
    return !names.some((name) => source.includes(`${name}('${text}'`) || source.includes(`${name}("${text}"`))
  })
  assert.deepEqual(missing, [])
})

test('every chapter of ASVS is gone through: what is met names where, what is not says what is missing', () => {
  const text = readFileSync(asvs, 'utf8')
  const rows = text.split('\n').flatMap((line) => {
    const [, requirements = '', state = '', where = '', remark = ''] = line.split('|').map((cell) => cell.trim())
    return /^\d+\.\d+/.test(requirements) ? [{ requirements, state, where, remark }] : []
  })
  const chapters = new Set(rows.flatMap(({ requirements }) => requirements.match(/\b\d+(?=\.\d)/g) ?? []))
  for (let chapter = 1; chapter <= 16; chapter += 1) assert.ok(chapters.has(String(chapter)), `V${chapter}`)
  assert.match(text, /^V17 /m)
  for (const row of rows) {
    assert.ok(['met', 'partly', 'not', 'n/a', 'operator'].includes(row.state), JSON.stringify(row))
    if (row.state === 'met') assert.ok(row.where !== '' || row.remark !== '', JSON.stringify(row))
    if (['partly', 'not'].includes(row.state)) assert.notEqual(row.remark, '', JSON.stringify(row))
  }
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
