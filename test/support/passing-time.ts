/** A worker that is no more is missed after its heartbeat's time: here that time passes at once. */

import { queryAsOwner } from './owner-query.ts'
import type { TestDatabase } from './postgres.ts'

/** Jobs of the queue that somebody works at are overdue, and those that wait to be tried again are due. */
export async function letHeartbeatsPass(database: TestDatabase, queue: string): Promise<void> {
  await queryAsOwner(
    database,
    `update pgboss.job set heartbeat_on = heartbeat_on - interval '1 hour',
            start_after = case when state = 'retry' then now() - interval '1 second' else start_after end
      where name = $1 and state in ('active', 'retry')`,
    [queue],
  )
}
