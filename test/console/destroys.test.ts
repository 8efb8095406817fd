import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'

const sources = path.join(import.meta.dirname, '../../console/src')
/** Calls that take away what does not come back by itself. */
const destroys =
  /api\.DELETE\(|api\.POST\('\/api\/v1\/personal-data\/erasures'|\/(?:cancel|retire\/|mfa\/reset|deactivate|rotate\/|disable)'/g
/** A dialog of its own, which wants a code, or the name typed. */
const asksItself = ['account/authenticator.tsx', 'personal-data/erase.tsx']

test('whatever deletes, cancels or ends something in the console asks first', () => {
  let found = 0
  for (const file of globSync('**/*.tsx', { cwd: sources })) {
    const source = readFileSync(path.join(sources, file), 'utf8')
    const calls = source.match(destroys)?.length ?? 0
    if (calls === 0 || asksItself.includes(file)) continue
    const acts = [...source.matchAll(/const (\w+) = useAct\(\{(?:(?!useAct)[\s\S])*?\n {2}\}\)/g)].filter(([act]) =>
      act.match(destroys),
    )
    assert.equal(acts.length, calls, `${file}: what destroys is done by useAct, so that it is seen here`)
    for (const [, name] of acts) {
      for (const line of source.split('\n').filter((one) => one.includes(`${name}.mutate(`))) {
        assert.match(line, /^\s*run(?:: |=\{)\(\) => /, `${file}: ${line.trim()} without useConfirm or EndButton`)
        found += 1
      }
    }
  }
  assert.ok(found > 20)
})
