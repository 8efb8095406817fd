import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { test } from 'node:test'

/** Fills the young and the old generation, lets go of it, and tells how much heap is left when it has been given back. */
const program = `
  import { giveBackIdleMemory } from ${JSON.stringify(path.join(import.meta.dirname, 'idle-memory.ts'))}
  let kept = []
  for (let i = 0; i < 400_000; i++) kept.push({ number: i, text: 'x'.repeat(50) + i })
  const filled = process.memoryUsage().heapTotal
  kept = []
  const stop = giveBackIdleMemory()
  const hold = setInterval(() => {
    const left = process.memoryUsage().heapTotal
    if (left > filled / 2) return
    process.stdout.write(JSON.stringify({ filled, left, isExposed: typeof gc }))
    clearInterval(hold)
    stop()
  }, 100)
`

test('gives back what nobody uses while nothing is to be done, and shows gc to nobody', {
  timeout: 60_000,
}, async () => {
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', program], { stdio: 'pipe' })
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += String(chunk)
  })
  const [code] = await once(child, 'close')
  assert.equal(code, 0)
  const { filled, left, isExposed } = JSON.parse(output) as { filled: number; left: number; isExposed: string }
  assert.ok(left <= filled / 2, `${left} of ${filled}`)
  assert.equal(isExposed, 'undefined')
})
