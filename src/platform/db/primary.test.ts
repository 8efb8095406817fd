import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectionTo, DatabaseUrlError, serverUrls } from './primary.ts'

test('a URL with one server is left as it is', () => {
  for (const url of [
    'postgresql://u:p%2Cq@db.example.com:5432/clientele',
    'postgres://u@localhost/clientele?host=/run/postgresql&port=5432',
    'postgresql:///clientele',
  ]) {
    assert.deepEqual(serverUrls(url), [url])
    assert.deepEqual(connectionTo(url), { connectionString: url })
  }
})

test('a URL with several servers names the same database at each of them', () => {
  assert.deepEqual(
    serverUrls('postgresql://u:p@a.example:5432,b.example:5433,[::1]/clientele?target_session_attrs=read-write'),
    [
      'postgresql://u:p@a.example:5432/clientele?target_session_attrs=read-write',
      'postgresql://u:p@b.example:5433/clientele?target_session_attrs=read-write',
      'postgresql://u:p@[::1]/clientele?target_session_attrs=read-write',
    ],
  )
})

test('refuses several servers where it cannot tell which, and repeats nothing of the URL', () => {
  for (const rest of ['a:5432,/c', 'a,,b/c', 'a:x,b/c', 'a,b/c?target_session_attrs=prefer-standby']) {
    assert.throws(
      () => serverUrls(`postgresql://u:secret@${rest}`),
      (error: Error) => error instanceof DatabaseUrlError && !error.message.includes('secret'),
    )
  }
})
