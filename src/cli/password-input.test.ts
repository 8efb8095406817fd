import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { test } from 'node:test'

const program = path.join(import.meta.dirname, 'password-input.fixture.ts')

// util-linux's script gives the program a terminal.
const hasScript = spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux') ?? false

/** Types a line whenever the program asks. */
async function atTerminal(lines: string[]): Promise<string> {
  const command = `${process.execPath} ${program}`
  const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], { stdio: 'pipe' })
  let shown = ''
  let asked = 0
  child.stdout.on('data', (chunk: Buffer) => {
    shown += chunk.toString()
    const questions = shown.match(/: $|: (?=\r?\n)/gm)?.length ?? 0
    while (asked < Math.min(questions, lines.length)) child.stdin.write(lines[asked++] ?? '')
  })
  await once(child, 'close')
  return shown
}

test('takes a password typed twice at a terminal, and never shows it', { skip: !hasScript }, async () => {
  const shown = await atTerminal(['correct horse\r', 'correct horse\r'])
  assert.match(shown, /New password/)
  assert.match(shown, /typed 13 characters/)
  assert.doesNotMatch(shown, /correct|horse/)
})

test('refuses two that differ, generates one for an empty line, stops at Ctrl-C', { skip: !hasScript }, async () => {
  assert.match(await atTerminal(['one password\r', 'another password\r']), /refused: the two passwords differ/)
  assert.match(await atTerminal(['\r']), /generated 20 characters/)
  assert.match(await atTerminal(['half\u0003']), /refused: stopped: nothing was changed/)
})
