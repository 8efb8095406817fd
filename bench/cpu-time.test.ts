import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { cpuSecondsOf, parseStat } from './cpu-time.ts'

test('a process name with blanks and parentheses does not shift the fields', () => {
  const line = '4242 (tmux: (a) b) S 17 4242 4242 0 -1 4194304 900 80 0 0 150 50 1000 200 20 0 1 0 100 0 0'
  assert.deepEqual(parseStat(line), { pid: 4242, name: 'tmux: (a) b', parent: 17, own: 2, ofEndedChildren: 12 })
})

test('reads the CPU time of a running process', { skip: process.platform !== 'linux' }, () => {
  const { pid, parent } = parseStat(readFileSync(`/proc/${process.pid}/stat`, 'utf8'))
  assert.deepEqual([pid, parent], [process.pid, process.ppid])
  const before = cpuSecondsOf(process.pid)
  const until = process.cpuUsage().user + 50_000
  while (process.cpuUsage().user < until);
  assert.ok(cpuSecondsOf(process.pid) > before)
})
