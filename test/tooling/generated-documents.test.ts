/** What programs write from the sources is as the sources are now. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { bruToJsonV2 } from '@usebruno/lang'
import * as bruno from '../../build/bruno.ts'
import * as catalogue from '../../build/error-catalogue.ts'
import { readOpenApi } from '../../console/build/api-types.ts'

const collection = path.join(import.meta.dirname, '../../docs/bruno')

test('the error catalogue is current and has every code that a contract maps', async () => {
  assert.ok(await catalogue.isCurrent(), 'outdated: npm run docs:errors')
  const { codes } = await catalogue.printCatalogue()
  const source = readFileSync(path.join(import.meta.dirname, '../../src/contracts/azalscore/errors.ts'), 'utf8')
  const mapped = [...source.matchAll(/^ {2}([a-z_]+): \d{3},$/gm)].map(([, code = '']) => code)
  assert.deepEqual(codes.toSorted(), mapped.toSorted())
})

test('the Bruno collection is current, and Bruno’s own parser finds every operation of the API documents in it', () => {
  const document = readOpenApi()
  assert.ok(bruno.isCurrent(document), 'outdated: npm run docs:bruno')
  const { paths } = document
  const wanted = Object.entries(paths).flatMap(([url, methods]) =>
    Object.keys(methods).map((method) => `${method} {{baseUrl}}${url.replace(/\{(\w+)\}/g, ':$1')}`),
  )
  const found = globSync('*/*.bru', { cwd: collection })
    .filter((file) => !file.startsWith('environments'))
    .map((file) => {
      const { http, body } = bruToJsonV2(readFileSync(path.join(collection, file), 'utf8'))
      if (http.body === 'json') JSON.parse(body?.json ?? '')
      return `${http.method} ${http.url.replace(/\?.*$/, '')}`
    })
  assert.deepEqual(found.toSorted(), wanted.toSorted())
})
