import assert from 'node:assert/strict'
import { globSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { permissions, roles } from '#features/access/index.ts'
import { entities } from '#features/exports/entity-store.ts'
import { faultKinds } from '#features/fec/schemas.ts'
import { catalogue, scrubbed } from '#features/personal-data/catalogue.ts'
import { operations } from '#features/registry.ts'
import { printCatalogue } from '../../build/error-catalogue.ts'
import { isCurrent } from '../../console/build/api-types.ts'
import { exportEntities } from '../../console/src/exports/catalogue.ts'

const folder = path.join(import.meta.dirname, '../../console/src/texts')
type Texts = { [name: string]: string | Texts }

const flat = (texts: Texts, before: string): [string, string][] =>
  Object.entries(texts).flatMap(([name, value]) =>
    typeof value === 'string' ? [[before + name, value] as [string, string]] : flat(value, `${before}${name}.`),
  )

/** Keys of each file; of `start` those of the files that it is made of. */
async function textsByFile(language: 'en' | 'fr'): Promise<[file: string, keys: string[]][]> {
  const files = readdirSync(folder).filter((file) => file.startsWith(`${language}-`) && !file.endsWith('-start.ts'))
  return Promise.all(
    files.map(async (file): Promise<[string, string[]]> => {
      const module = (await import(path.join(folder, file))) as Texts
      return [file, Object.values(module).flatMap((texts) => flat(texts as Texts, '').map(([key]) => key))]
    }),
  )
}

/** Of all files of a language. */
async function textsOf(language: 'en' | 'fr'): Promise<Map<string, string>> {
  const files = readdirSync(folder).filter((file) => file.startsWith(`${language}-`))
  const modules = await Promise.all(files.map((file) => import(path.join(folder, file)) as Promise<Texts>))
  return new Map(modules.flatMap((module) => Object.values(module).flatMap((texts) => flat(texts as Texts, ''))))
}

/** Names of permissions and actions, as keys of texts. */
const keyOf = (name: string) => name.replace(/[.:-]/g, '_')

test('every text is there in English and in French, with the same placeholders', async () => {
  const [en, fr] = await Promise.all([textsOf('en'), textsOf('fr')])
  assert.ok(en.size > 300)
  assert.deepEqual([...fr.keys()].sort(), [...en.keys()].sort())
  const placeholders = (text = '') => [...text.matchAll(/\{\{(\w+)\}\}/g)].map((one) => one[1] ?? '').sort()
  for (const [name, text] of en) {
    assert.deepEqual(placeholders(fr.get(name)), placeholders(text), name)
    assert.ok(text.trim() !== '' && fr.get(name)?.trim() !== '', name)
  }
})

test('no two files of texts have the same key: the one loaded first would hide the other', async () => {
  const all = await textsByFile('en')
  const seen = new Map<string, string>()
  for (const [file, keys] of all) {
    for (const key of keys) {
      assert.equal(seen.get(key), undefined, `${key} is in ${file} and in ${seen.get(key)}`)
      seen.set(key, file)
    }
  }
})

test('the types of the API are those of the document that the server publishes', () => {
  assert.ok(isCurrent(), 'outdated: npm run api:types -w console')
})

test('what the console offers to export is what the server can export', () => {
  assert.deepEqual(Object.keys(exportEntities).sort(), Object.keys(entities).sort())
  for (const [name, { permission, columns, filters }] of Object.entries(entities)) {
    const offered = exportEntities[name as keyof typeof exportEntities]
    assert.deepEqual([...offered.columns].sort(), Object.keys(columns).sort(), name)
    assert.deepEqual(Object.keys(offered.filters).sort(), Object.keys(filters).sort(), name)
    assert.equal(offered.permission, permission)
  }
})

test('every permission, and every role that is built in, is told in words in both languages', async () => {
  for (const language of ['en', 'fr'] as const) {
    const texts = await textsOf(language)
    const wanted = [
      ...permissions.map((one) => `permission.${keyOf(one)}`),
      ...permissions.map((one) => `subject.${keyOf(one.split(':')[0] ?? '')}`),
      ...Object.keys(roles).flatMap((one) => [`roles.called.${one}`, `roles.builtIn.${one}`]),
    ]
    assert.deepEqual(
      wanted.filter((one) => !texts.has(one)),
      [],
    )
  }
})

/** Of operations, which have their name unless they say another one; and what is written out beside them. */
function auditActions(): Set<string> {
  const root = path.join(import.meta.dirname, '../..')
  const sources = globSync('src/{features,platform,contracts}/**/*.ts', { cwd: root })
    .filter((file) => !/\.(?:test|fixture)\.ts$/.test(file))
    .map((file) => readFileSync(path.join(root, file), 'utf8'))
  const written = sources.flatMap((text) => [...text.matchAll(/\baction: (?:\w+ \? )?'([\w.-]+)'(?: : '([\w.-]+)')?/g)])
  const names = operations.filter((one) => one.audit).map((one) => one.name)
  // `action: \`export.${status}\``
  const byOutcome = ['export.ready', 'export.failed', 'report.ready', 'report.failed']
  const ofSources = written.flatMap((one) => one.slice(1).filter((name) => name !== undefined))
  return new Set([...names, ...byOutcome, ...ofSources].filter((name) => !notAudited.has(name)))
}
/** The same word for something else: an address of the authorization server. */
const notAudited = new Set(['clientele_interaction'])

test('every action of the audit log is told in words in both languages', async () => {
  const actions = auditActions()
  assert.ok(actions.has('client.create') && actions.has('mfa_failure') && actions.size > 150)
  for (const language of ['en', 'fr'] as const) {
    const texts = await textsOf(language)
    assert.deepEqual(
      [...actions].filter((one) => !texts.has(`did.${keyOf(one)}`)),
      [],
    )
  }
})

type Sentence = { file: string; code: string; sentence: string }

/** Wherever defineFaults is called: the sentences of faults. */
async function faultSentences(): Promise<Sentence[]> {
  const root = path.join(import.meta.dirname, '../..')
  const files = globSync('src/**/*.ts', { cwd: root }).filter((file) =>
    readFileSync(path.join(root, file), 'utf8').includes('= defineFaults('),
  )
  const found = await Promise.all(
    files.map(async (file): Promise<Sentence[]> => {
      const module = (await import(path.join(root, file))) as Record<string, { sentences?: Record<string, string> }>
      const defined = Object.values(module).flatMap((one) => Object.entries(one.sentences ?? {}))
      assert.ok(defined.length > 0, `${file} does not export its faults`)
      return defined.map(([code, sentence]) => ({ file, code, sentence }))
    }),
  )
  return found.flat()
}

const namesIn = (text: string, pattern: RegExp) => new Set([...text.matchAll(pattern)].map((one) => one[1]))
const parametersOf = (sentence: string) => namesIn(sentence, /\{(\w+)\}/g)

test('a code means one thing: only what is said of rows of files, in French, is said of others too', async () => {
  const sentences = await faultSentences()
  const others = sentences.filter(({ file }) => !file.endsWith('kernel/row-faults.ts')).map(({ code }) => code)
  assert.deepEqual(
    others.filter((code, i) => others.indexOf(code) !== i),
    [],
  )
  assert.ok(others.length < sentences.length)
})

test('every error of the server, and every fault within what was sent, is told in words with what the server gives', async () => {
  const { codes } = await printCatalogue()
  const sentences = await faultSentences()
  assert.ok(codes.length > 230 && sentences.length > 240)
  const errors = new Set<string>(codes)
  for (const language of ['en', 'fr'] as const) {
    const texts = await textsOf(language)
    // Values of a profile are refused by codes of errors.
    const wanted = sentences.filter(({ code }) => !errors.has(code)).map(({ code }) => `fault.${code}`)
    assert.deepEqual(
      [...codes.map((one) => `problem.${one}`), ...wanted].filter((one) => !texts.has(one)),
      [],
    )
    for (const { code, sentence } of sentences) {
      const shown = namesIn(texts.get(`fault.${code}`) ?? texts.get(`problem.${code}`) ?? '', /\{\{(\w+)\}\}/g)
      assert.deepEqual(shown, parametersOf(sentence), `${language} ${code}`)
    }
  }
})

test('every fault of a FEC and of a scorecard is told in words in both languages', async () => {
  const checks = ['check-scorecard', 'check-bands'].map((name) =>
    readFileSync(path.join(import.meta.dirname, `../../src/features/scoring/${name}.ts`), 'utf8'),
  )
  const found = checks.flatMap((text) => [
    ...text.matchAll(/report\(\s*'(\w+)'/g),
    ...text.matchAll(/return \['(\w+)', '/g),
  ])
  const scorecardFaults = new Set(found.map((one) => one[1]))
  assert.ok(scorecardFaults.size > 18)
  for (const language of ['en', 'fr'] as const) {
    const texts = await textsOf(language)
    const wanted = [
      ...[...scorecardFaults].map((one) => `fault.scorecard_${one}`),
      ...faultKinds.map((one) => `fault.fec_${one}`),
    ]
    assert.deepEqual(
      wanted.filter((one) => !texts.has(one)),
      [],
    )
  }
})

test('whatever an erasure can count is told in words in both languages', async () => {
  const counted = Object.entries(catalogue).filter(([, entry]) => entry.own !== undefined || scrubbed(entry))
  const wanted = counted.map(([table]) => `heldIn.${table}`)
  assert.ok(wanted.length > 15)
  for (const language of ['en', 'fr'] as const) {
    const told = [...(await textsOf(language)).keys()].filter((one) => one.startsWith('heldIn.'))
    assert.deepEqual(told.sort(), wanted.sort())
  }
})

test('what the built-in workflow says of itself is told in the language of whoever reads it', () => {
  const root = path.join(import.meta.dirname, '../..')
  const written = readFileSync(path.join(root, 'migrations/0015-workflows.ts'), 'utf8')
  const known = readFileSync(path.join(root, 'console/src/workflows/built-in.ts'), 'utf8')
  const texts = [...written.matchAll(/description: '([^']+)'/g)].map((one) => one[1] ?? '')
  assert.deepEqual(
    texts.filter((one) => one === '' || !known.includes(`text: '${one}'`)),
    [],
  )
  assert.ok(texts.length >= 2)
})
