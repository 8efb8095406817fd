import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createOutboundHttp } from '#platform/outbound-http/index.ts'
import {
  eventPattern,
  judgeAttempt,
  longestRetryAfterMs,
  parseRetryAfter,
  retryDelayMs,
  retryDelaysSeconds,
  urlProblem,
} from './rules.ts'

const now = Date.parse('2026-11-22T12:00:00Z')

test('tries again after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 10 h, and then no more', () => {
  const seconds = Array.from({ length: 8 }, (_, i) => retryDelayMs(i + 1, 0, null))
  assert.deepEqual(seconds, [5e3, 300e3, 1800e3, 7200e3, 18000e3, 36000e3, 36000e3, null])
})

test('an attempt is never earlier than its time, nor later than a tenth of the wait, nor later than asked within a day', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 7 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.option(fc.integer({ min: 0, max: 10 * longestRetryAfterMs })),
      (tries, jitter, asked) => {
        const delay = retryDelayMs(tries, jitter, asked) ?? Number.NaN
        const scheduled = (retryDelaysSeconds[tries - 1] ?? 0) * 1000
        const heeded = Math.min(asked ?? 0, longestRetryAfterMs)
        assert.ok(delay >= scheduled && delay >= heeded)
        assert.ok(delay <= Math.max(scheduled * 1.1, heeded) + 1)
      },
    ),
  )
})

test('Retry-After is seconds or a date; anything else says nothing', () => {
  assert.equal(parseRetryAfter('120', now), 120_000)
  assert.equal(parseRetryAfter(' 0 ', now), 0)
  assert.equal(parseRetryAfter('Sun, 22 Nov 2026 12:01:00 GMT', now), 60_000)
  assert.equal(parseRetryAfter('Sun, 22 Nov 2020 12:01:00 GMT', now), 0)
  for (const text of ['', 'soon', '-5', '1.5', '99999999999999999999', '22 Nov', '{}']) {
    assert.equal(parseRetryAfter(text, now), null, text)
  }
  assert.equal(parseRetryAfter(undefined, now), null)
})

test('2xx is a success and nothing else is', () => {
  for (const status of [200, 201, 202, 204, 299]) {
    assert.equal(judgeAttempt({ status, headers: {} }, null, now).succeeded, true)
  }
  for (const status of [300, 301, 304, 307, 400, 401, 404, 408, 410, 418, 429, 500, 502, 503, 599, 600]) {
    const verdict = judgeAttempt({ status, headers: { location: 'http://10.0.0.1/' } }, null, now)
    assert.equal(verdict.succeeded, false, String(status))
    assert.ok(verdict.code && verdict.words?.includes(String(status)))
    assert.equal(verdict.gone, status === 410)
  }
})

test('an answer that did not end is a failure, whatever its status', () => {
  const verdict = judgeAttempt({ status: 200, headers: {} }, { code: 'timeout', message: 'late' }, now)
  assert.equal(verdict.succeeded, false)
  assert.deepEqual([verdict.code, verdict.words], ['timeout', 'late'])
})

test('heeds Retry-After of 429 and 503 only', () => {
  const of = (status: number) => judgeAttempt({ status, headers: { 'retry-after': '60' } }, null, now).retryAfterMs
  assert.deepEqual([429, 503, 500, 502, 200].map(of), [60_000, 60_000, null, null, null])
})

test('a filter is an event or all events of a subject', () => {
  const pattern = new RegExp(eventPattern)
  for (const good of ['profile.created', 'profile.*', 'client.pdp_config.updated', 'client.pdp_config.*']) {
    assert.match(good, pattern)
  }
  for (const bad of ['*', 'profile', 'profile.', '.created', 'Profile.created', 'a.**', 'a.*.b', 'a..b', '']) {
    assert.doesNotMatch(bad, pattern)
  }
})

test('refuses URLs that could not be called, carry credentials, or point inside', () => {
  const outbound = createOutboundHttp({ allow: ['intern.example:8443', '10.1.0.0/16'] })
  const problem = (text: string, httpsRequired = true) =>
    urlProblem(text, { httpsRequired, judge: (url) => outbound.judge(url) })
  for (const good of [
    'https://hooks.example.com/a?b=c',
    'https://8.8.8.8/',
    'http://10.1.2.3/listed',
    'http://intern.example:8443/listed',
    'https://münchen.example/é',
  ]) {
    assert.equal(problem(good), null, good)
  }
  for (const bad of [
    '',
    'hooks.example.com',
    '/relative',
    'ftp://hooks.example.com/',
    'javascript:alert(1)',
    'https://user:word@hooks.example.com/',
    'https://user@hooks.example.com/',
    'https://hooks.example.com/#part',
    'https://hooks.example.com/a b',
    'https://hooks.example.com/\n',
    'https:\\\\hooks.example.com',
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://[::1]/',
    'https://[::ffff:169.254.169.254]/',
    'https://192.168.1.1/',
    'http://hooks.example.com/',
    'http://intern.example/other-port',
  ]) {
    assert.notEqual(problem(bad), null, bad)
  }
  assert.equal(problem('http://hooks.example.com/', false), null)
})
