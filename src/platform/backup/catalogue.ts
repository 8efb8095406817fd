/** What a backup takes: every table of the schema, and of the queue the jobs that have not ended. */
import type pg from 'pg'
import { queueSchema } from '../jobs/queue.ts'

/** Names are written as SQL needs them. */
export type BackedUpTable = { table: string; columns: string[]; where?: string }
export type SequenceState = { sequence: string; value: string; isCalled: boolean }

/** Which migrations there were is said in the beginning; restoring applies them. */
const exceptTables = ['schema_migrations']
const unfinishedJobs = `state in ('created', 'retry', 'active')`

/** Without what is unlogged: PostgreSQL itself empties it after a crash. */
export async function findTables(client: pg.Client): Promise<BackedUpTable[]> {
  const found = await client.query<{ table: string; columns: string[]; ofQueue: boolean; own: string | null }>(
    `select format('%I.%I', n.nspname, c.relname) as table,
            array_agg(quote_ident(a.attname) order by a.attnum) as columns,
            n.nspname <> 'public' as "ofQueue",
            -- A table that others inherit from shows their rows too: each is taken with the table that has it.
            case when c.relkind = 'r' and c.relhassubclass then format('tableoid = %L::regclass', format('%I.%I', n.nspname, c.relname)) end as own
       from pg_class c
       join pg_namespace n on n.oid = c.relnamespace
       join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
      where c.relkind in ('r', 'p') and not c.relispartition and c.relpersistence = 'p'
        and ((n.nspname = 'public' and c.relname <> all ($1)) or (n.nspname = $2 and c.relname = 'job'))
      group by n.nspname, c.relname, c.relkind, c.relhassubclass
      order by n.nspname = 'public' desc, c.relname collate "C"`,
    [exceptTables, queueSchema],
  )
  return found.rows.map(({ ofQueue, own, ...table }) => {
    const where = ofQueue ? unfinishedJobs : own
    return where === null ? table : { ...table, where }
  })
}

export async function readSequences(client: pg.Client): Promise<SequenceState[]> {
  const names = await client.query<{ name: string }>(
    `select format('%I.%I', n.nspname, c.relname) as name
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind = 'S' and n.nspname = 'public' order by 1`,
  )
  const states: SequenceState[] = []
  for (const { name } of names.rows) {
    const state = await client.query<{ value: string; isCalled: boolean }>(
      `select last_value::text as value, is_called as "isCalled" from ${name}`,
    )
    states.push({ sequence: name, value: '1', isCalled: false, ...state.rows[0] })
  }
  return states
}

/** The version of the queue's own tables, which are not made by our migrations; null without them. */
export async function readQueueVersion(client: pg.Client): Promise<number | null> {
  const there = await client.query(`select 1 where to_regclass('${queueSchema}.version') is not null`)
  if (!there.rowCount) return null
  const found = await client.query<{ version: number }>(`select version from ${queueSchema}.version`)
  return found.rows[0]?.version ?? null
}
