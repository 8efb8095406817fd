import assert from 'node:assert/strict'
import { globSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { permissions, roles } from '#features/access/index.ts'
import { entities } from '#features/exports/entity-store.ts'
import { operations } from '#features/registry.ts'
import { isCurrent } from '../../console/build/api-types.ts'
import { exportEntities } from '../../console/src/exports/catalogue.ts'

const folder = path.join(import.meta.dirname, '../../console/src/texts')
type Texts = { [name: string]: string | Texts }

/** Of all files of a language. */
async function textsOf(language: 'en' | 'fr'): Promise<Map<string, string>> {
  const files = readdirSync(folder).filter((file) => file.startsWith(`${language}-`))
  const modules = await Promise.all(files.map((file) => import(path.join(folder, file)) as Promise<Texts>))
  const flat = (texts: Texts, before: string): [string, string][] =>
    Object.entries(texts).flatMap(([name, value]) =>
      typeof value === 'string' ? [[before + name, value] as [string, string]] : flat(value, `${before}${name}.`),
    )
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
