import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CpuProfile } from './cpu-profile.ts'
import { flameGraph } from './flame-graph.ts'

const frame = (functionName: string, url = '') => ({ functionName, url, lineNumber: 0 })
const profile: CpuProfile = {
  nodes: [
    { id: 1, callFrame: frame('(root)'), children: [2, 3, 5] },
    { id: 2, callFrame: frame('(idle)') },
    { id: 3, callFrame: frame('handle<T>', 'file:///x/src/app.ts'), children: [4] },
    { id: 4, callFrame: frame('parse', 'file:///x/node_modules/pg-protocol/parser.js') },
    { id: 5, callFrame: frame('handle<T>', 'file:///x/src/app.ts'), children: [6] },
    { id: 6, callFrame: frame('writev') },
  ],
  samples: [4, 2, 3, 4, 6],
  timeDeltas: [9_000, 50_000, 1000, 2000, 1000],
}

test('callers are merged, as wide as their time, without waiting and without what came before the end', () => {
  const titles = [...flameGraph(profile, 'get & co', 5).matchAll(/<title>(.*?)<\/title>/g)].map(([, title]) => title)
  assert.deepEqual(titles, [
    'get &amp; co',
    'all: 100.0 %, 4 ms',
    'handle&lt;T> src/app.ts: 100.0 %, 4 ms',
    'parse pg-protocol: 50.0 %, 2 ms',
    'writev: 25.0 %, 1 ms',
  ])
})

test('without an end all of the profile is drawn; a sample that came late counts as a usual one', () => {
  assert.match(flameGraph(profile, 'get & co'), /get &amp; co.*all: 100.0 %, 6 ms/s)
})
