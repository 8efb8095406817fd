import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { coreError } from '#kernel/errors.ts'
import type { ServicesFixture } from '../operations/services.fixture.ts'
import { openTestServices } from '../operations/services.fixture.ts'
import type { JobKind } from './kept-job.ts'
import { runKeptJob } from './kept-job.ts'

let fixture: ServicesFixture
before(async () => {
  fixture = await openTestServices()
})
after(() => fixture.close())

type Ending = { file: string } | { failure: string }

/** Runs a job whose end goes like this. @returns what it threw, the endings that were tried, and what was dropped */
async function run(end: (ending: Ending) => unknown) {
  const [endings, dropped]: [Ending[], Ending[]] = [[], []]
  const kind: JobKind<{ attempt: number }, number, Ending> = {
    name: 'test',
    start: async () => ({ attempt: 1 }),
    save: async () => true,
    end: async (_services, { ending }) => {
      endings.push(ending)
      return end(ending)
    },
    failed: (error) => ({ failure: error.code }),
    givenUp: { failure: 'internal' },
    drop: async (_services, _tenantId, ending) => {
      dropped.push(ending)
    },
  }
  const job = { tenantId: 'tenant', id: 'one' }
  const thrown = await runKeptJob(fixture.services, kind, job, async () => ({ file: 'a' })).then(
    () => null,
    (error: unknown) => error,
  )
  return { thrown, endings, dropped }
}

test('what was made is dropped when the job was another one’s by then', async () => {
  assert.deepEqual(await run(() => null), { thrown: null, endings: [{ file: 'a' }], dropped: [{ file: 'a' }] })
})

test('what was made is kept when nobody knows whether its end was committed: the row may name it', async () => {
  for (const lost of [coreError('unavailable'), new Error('a fault')]) {
    const outcome = await run(() => {
      throw lost
    })
    assert.deepEqual(outcome, { thrown: lost, endings: [{ file: 'a' }], dropped: [] })
  }
})

test('what was made is dropped when its end is refused, and the refusal ends the job', async () => {
  const outcome = await run((ending) => {
    if ('file' in ending) throw coreError('account_level_required')
    return ending
  })
  assert.deepEqual(outcome, {
    thrown: null,
    endings: [{ file: 'a' }, { failure: 'account_level_required' }],
    dropped: [{ file: 'a' }],
  })
})
