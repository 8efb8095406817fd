import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { entities } from '#features/exports/entity-store.ts'
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
