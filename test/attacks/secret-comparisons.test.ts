/** Secrets are compared in constant time, or found by their hash: a rule over the source, since no stopwatch is exact enough. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

const sources = globSync('src/**/*.ts').filter((file) => !/\.(?:test|fixture)\.ts$|\/fixtures\//.test(file))

/** An identifier that holds what nobody may guess. */
const secret = String.raw`\b[\w.]*(?:token|secret|signature|hmac|mac|digest|passwordHash|secretHash|tokenHash|apiKey|nonce)\b(?:\(\))?`
const operand = String.raw`(?:[\w.]+(?:\([^()\n]*\))?|\`[^\`\n]*\`)`
const comparison = new RegExp(
  `${secret} (?:===|!==) ${operand}|${operand} (?:===|!==) ${secret}|${secret}\\.equals\\(`,
  'gi',
)

/** What looks like one and is none, by the line. */
const harmless: readonly (readonly [string, RegExp])[] = [
  ['is it there at all', /(?:===|!==) (?:undefined|null|''|0|'\w*')|(?:undefined|null|typeof [\w.]+) (?:===|!==)/],
  ['which kind of token', /\.kind (?:===|!==)|(?:===|!==) '[\w ]+'/],
  ['the first bytes of a file', /Signature$|(?:zip|oldOffice)Signature/],
  ['how often a summary is sent', /\bdigest (?:===|!==) 'w/],
  ['whether a hash that was read twice is still the same', /signer\.passwordHash !== user\.passwordHash/],
  ['the name of a field', /config\.\w+Type/],
]

test('nothing secret is compared by === or equals(): a difference in time would tell how far a guess was right', () => {
  const found: string[] = []
  for (const file of sources) {
    for (const line of readFileSync(file, 'utf8').split('\n')) {
      if (/^\s*(?:\/\/|\*|\/\*)/.test(line)) continue
      const suspicious = (line.match(comparison) ?? []).filter(
        (one) => !harmless.some(([, exception]) => exception.test(one)),
      )
      for (const one of suspicious) found.push(`${file}: ${one}`)
    }
  }
  assert.deepEqual(found, [])
})

test('the rule sees what it is there for', () => {
  const bad = [
    'if (given.token === expected) return',
    'return signature !== signatureOf(key, text)',
    'if (mac.equals(other)) return',
    'if (expected === request.headers.apiKey) return',
  ]
  for (const line of bad) assert.match(line, new RegExp(comparison.source, 'i'))
})

test('random secrets come from the generator for secrets, never from Math.random', () => {
  const found = sources.filter((file) => /Math\.random\(/.test(readFileSync(file, 'utf8')))
  // Waiting times that differ from process to process.
  const forWaiting = found.filter((file) => {
    const lines = readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line.includes('Math.random('))
    return lines.every((line) => /wait|delay|jitter|Ms\b|pause|backoff|spread/i.test(line))
  })
  assert.deepEqual(found, forWaiting)
})
