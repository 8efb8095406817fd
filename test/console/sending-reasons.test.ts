import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { sendingReasons } from '../../console/src/notices/sent-words.ts'

const root = path.join(import.meta.dirname, '../..')
const source = (file: string) => readFileSync(path.join(root, file), 'utf8')
const matches = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].flatMap(([, ...found]) => found)

test('the console has words for every reason why a message was not sent, and every outcome of an attempt', () => {
  const attempt = source('src/features/notifications/mail-attempt.ts')
  const told = [
    ...matches(attempt, /ended\(mail, '\w+', '(\w+)'\)/g),
    ...matches(attempt, /(?:code|outcome): '(\w+)'/g),
    ...matches(attempt, /bounced \? '(\w+)' : '(\w+)'/g),
    ...matches(source('src/features/notifications/planning.ts'), /'(\w+_disabled)'/g),
    ...matches(source('src/features/notifications/notify.ts'), /plan\.reason \?\? '(\w+)'/g),
    ...matches(source('src/platform/mail/mail-error.ts'), /^ {2}\| '(\w+)'$/gm),
    ...matches(/reason in \(([^)]+)\)/.exec(source('migrations/0014-notifications.ts'))?.[1] ?? '', /'(\w+)'/g),
  ]
  assert.deepEqual([...new Set(told)].sort(), [...sendingReasons].sort())
})
