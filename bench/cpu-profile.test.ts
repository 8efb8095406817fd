import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CpuProfile } from './cpu-profile.ts'
import { sampledTimes, selfTimes } from './cpu-profile.ts'

const frame = (functionName: string, url = '', lineNumber = 0) => ({ functionName, url, lineNumber })
const profile: CpuProfile = {
  nodes: [
    { id: 1, callFrame: frame('(idle)') },
    {
      id: 2,
      callFrame: frame('parse', 'file:///home/me/clientele/node_modules/pg/node_modules/pg-protocol/parser.js', 9),
    },
    { id: 3, callFrame: frame('runOperation', 'file:///home/me/clientele/src/platform/run.ts', 4) },
    { id: 4, callFrame: frame('serialize', 'file:///home/me/clientele/node_modules/pg-protocol/serializer.js', 1) },
  ],
  samples: [1, 2, 3, 2, 4],
  timeDeltas: [5000, 1000, 2000, 500, 500],
}

test('self times are summed by function, longest first, without the time of waiting', () => {
  assert.deepEqual(selfTimes(profile, 'function'), [
    { name: 'runOperation src/platform/run.ts:5', milliseconds: 2, share: 0.5 },
    { name: 'parse node_modules/pg-protocol/parser.js:10', milliseconds: 1.5, share: 0.375 },
    { name: 'serialize node_modules/pg-protocol/serializer.js:2', milliseconds: 0.5, share: 0.125 },
  ])
})

test('functions of a package are one module, wherever npm has put it', () => {
  assert.deepEqual(
    selfTimes(profile, 'module').map(({ name, milliseconds }) => [name, milliseconds]),
    [
      ['pg-protocol', 2],
      ['src/platform/run.ts', 2],
    ],
  )
})

test('a sample that came late, since others had the core, counts as a usual one', () => {
  assert.deepEqual(sampledTimes({ timeDeltas: [1000, 1100, 900, 40_000, 2900] }), [1000, 1100, 900, 1100, 2900])
  assert.deepEqual(sampledTimes({ timeDeltas: [] }), [])
})
