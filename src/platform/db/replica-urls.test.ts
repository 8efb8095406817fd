import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DatabaseUrlError } from './primary.ts'
import { replicaUrls, withoutUser } from './replica-urls.ts'

const primary =
  'postgresql://app:p%40ss@a.example:5432,b.example:5433/clientele?sslmode=verify-full&target_session_attrs=read-write'

test('what the URL of the replicas leaves out is as in the URL of the primary', () => {
  assert.deepEqual(replicaUrls('postgresql://c.example:5434,[::1]:5435', primary), [
    'postgresql://app:p%40ss@c.example:5434/clientele?sslmode=verify-full',
    'postgresql://app:p%40ss@[::1]:5435/clientele?sslmode=verify-full',
  ])
  assert.deepEqual(
    replicaUrls('postgresql://reader:x@c.example/copy?sslmode=disable&target_session_attrs=standby', primary),
    ['postgresql://reader:x@c.example/copy?sslmode=disable'],
  )
  assert.deepEqual(replicaUrls('postgres://?host=/run/other&port=5433', 'postgresql:///clientele?host=/run/one'), [
    'postgresql:///clientele?host=%2Frun%2Fother&port=5433',
  ])
  assert.deepEqual(replicaUrls(withoutUser('postgresql://reader:x@c.example'), primary), [
    'postgresql://app:p%40ss@c.example/clientele?sslmode=verify-full',
  ])
})

test('refuses what names no server, and repeats nothing of it', () => {
  for (const url of [
    'http://u:secret@c',
    'postgresql://u:secret@',
    'postgresql:///c',
    'postgresql://u:secret@a,,b/c',
    'secret',
  ]) {
    assert.throws(
      () => replicaUrls(url, primary),
      (error: Error) => error instanceof DatabaseUrlError && !error.message.includes('secret'),
      url,
    )
  }
})
