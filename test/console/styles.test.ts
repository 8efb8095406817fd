import assert from 'node:assert/strict'
import { globSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'

const root = path.join(import.meta.dirname, '../..')
const libraryStyles = path.join(root, 'node_modules/@mantine/core/styles')

test('every component of the library that the console uses has its styles', () => {
  const sources = globSync('console/src/**/*.tsx', { cwd: root }).map((file) =>
    readFileSync(path.join(root, file), 'utf8'),
  )
  const imports = sources.flatMap((text) => [...text.matchAll(/import \{([^}]*)\} from '@mantine\/core'/g)])
  const used = new Set(imports.flatMap((one) => (one[1] ?? '').split(',').map((name) => name.trim())))
  const loaded = readFileSync(path.join(root, 'console/src/app/components.ts'), 'utf8')
  const missing = readdirSync(libraryStyles)
    .filter((file) => file.endsWith('.css') && !file.endsWith('.layer.css'))
    .filter((file) => used.has(path.basename(file, '.css')) && !loaded.includes(`/styles/${file}'`))
  assert.deepEqual(missing, [], 'name them in console/src/app/components.ts')
})
