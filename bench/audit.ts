/**
 * Measures the audit log in one run: node bench/audit.ts [--events N] [--seconds N] [--rounds N] [--writers N]
 * What the figures mean: docs/performance.md.
 */
import { hash } from 'node:crypto'
import os from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import pg from 'pg'
import { recordEvent, sealNewEvents, searchEvents, startAuditLoop, verifyIntegrity } from '#features/audit/index.ts'
import { generateFernetKey } from '#kernel/fernet.ts'
import { newId } from '#kernel/ids.ts'
import type { Statement } from '#platform/db/statement-batch.ts'
import { tenantEntrance } from '#platform/db/tenant-table.ts'
import { auditStatement } from '#platform/operations/journal.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import { readConfig } from '#src/config.ts'
import type { Runtime } from '#src/runtime.ts'
import { openRuntime } from '#src/runtime.ts'
import type { TestDatabase } from '#test/support/postgres.ts'
import { createTestDatabase } from '#test/support/postgres.ts'
import { median } from './statistics.ts'

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '1000000' },
    seconds: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '5' },
    writers: { type: 'string', default: '32' },
  },
})
const [events, seconds, rounds, writers] = [values.events, values.seconds, values.rounds, values.writers].map(
  Number,
) as [number, number, number, number]

const tenantId = 'bench'
const system = {
  actor: { kind: 'system', tenantId, name: 'bench' } as const,
  origin: { requestId: newId('exec'), ipAddress: '192.0.2.7', userAgent: 'bench', via: 'bench' },
}
const user = {
  kind: 'user',
  tenantId,
  userId: newId('user'),
  sessionId: newId('sess'),
  clientUid: null,
  permissions: new Set<string>(),
  accessVersion: 1,
} as const

type Line = { measurement: string; figure: string; peer?: string; ratio?: number; target?: string; reached?: boolean }
const lines: Line[] = []

console.log(
  `${os.cpus().length} cores (${os.cpus()[0]?.model.trim()}), Node ${process.versions.node}, load ${os.loadavg()[0]?.toFixed(1)}; ` +
    `${writers} writers, ${rounds} rounds of ${seconds} s in turn, ${events} events; PostgreSQL and load share the cores`,
)
const database = await createTestDatabase()
const silent = { debug() {}, info() {}, warn() {}, error: console.error }
const runtime = await openRuntime(
  {
    ...readConfig({}),
    databaseUrl: database.applicationUrl,
    databaseOwnerUrl: database.ownerUrl,
    databasePoolSize: writers + 4,
    masterKeys: generateFernetKey(),
  },
  silent,
  { migrate: false },
)
const owner = new pg.Client(database.owner)
await owner.connect()
try {
  await owner.query('insert into tenants (id, name) values ($1, $1)', [tenantId])
  await measureWrites(runtime)
  await measureVerification(runtime, database)
  await measureSearch(runtime)
  console.table(lines)
} finally {
  await owner.end()
  await runtime.close()
  await database.drop()
}

function compared(
  measurement: string,
  pairs: readonly (readonly [number, number])[],
  peer: string,
  atLeast: number,
): Line {
  const ratio = median(pairs.map(([ours, theirs]) => ours / theirs))
  const spread = pairs.map(([ours, theirs]) => (ours / theirs).toFixed(2)).sort()
  return {
    measurement,
    figure: `${Math.round(median(pairs.map(([ours]) => ours)))}/s`,
    peer: `${peer}: ${Math.round(median(pairs.map(([, theirs]) => theirs)))}/s (${spread[0]} to ${spread.at(-1)})`,
    ratio: Math.round(ratio * 100) / 100,
    target: `>= ${atLeast}`,
    reached: ratio >= atLeast,
  }
}

/** The event as an operation of a signed-in user leaves it. */
function eventStatement(): Statement {
  return auditStatement({ tenantId, actor: user, origin: system.origin }, 'client.update', {
    description: 'Client changed',
    target: { type: 'client', id: '0193500c-a9c5-7b50-b7ef-bd8ac3a44f5f' },
    context: { fields: ['name', 'description'] },
  })
}

/**
 * Every writer sends its transactions one after another; how many a second were committed by all of them together.
 * @param settled what must be true before the clock stops
 */
async function rateOf(
  { services }: Runtime,
  statements: () => Statement[],
  settled: () => Promise<boolean> = async () => true,
): Promise<number> {
  const until = performance.now() + seconds * 1000
  let done = 0
  const write = async () => {
    while (performance.now() < until) {
      await services.database.batch(statements())
      done++
    }
  }
  const started = performance.now()
  await Promise.all(Array.from({ length: writers }, write))
  while (!(await settled())) await delay(5)
  return (done * 1000) / (performance.now() - started)
}

/** Sealing goes on behind the writers: what it has left to do when they end counts too. */
async function isSealed(): Promise<boolean> {
  await sealNewEvents(runtime.services)
  return (await owner.query('select 1 from audit_inbox limit 1')).rowCount === 0
}

async function measureWrites(runtime: Runtime): Promise<void> {
  const { services } = runtime
  // What an insert costs at least: the same row, the same client, nothing but a primary key.
  await owner.query(`create table plain_events as select * from audit_events limit 0;
    alter table plain_events alter column severity set default 'info', alter column occurred_at set default now(),
      add primary key (tenant_id, id);
    grant insert on plain_events to clientele_app;
    create table chained_heads (tenant_id text, category text, sequence bigint, link bytea, primary key (tenant_id, category));
    insert into chained_heads values ('${tenantId}', 'data_modification', 0, sha256('x'));
    create table chained_events (sequence bigint, link bytea) inherits (plain_events);
    alter table chained_events add primary key (tenant_id, id);
    create function chain_event() returns trigger language plpgsql security definer as $$
    declare head chained_heads;
    begin
      select * into head from chained_heads where tenant_id = new.tenant_id and category = new.category for update;
      new.sequence := head.sequence + 1;
      new.link := sha256(head.link || int8send(new.sequence) || sha256(convert_to(new::text, 'UTF8')));
      update chained_heads set sequence = new.sequence, link = new.link where tenant_id = new.tenant_id and category = new.category;
      return new;
    end $$;
    create trigger chain before insert on chained_events for each row execute function chain_event();
    grant insert on chained_events to clientele_app`)
  const enter: Statement = tenantEntrance(tenantId)
  const into = (table: string) => () => {
    const { text, values: given } = eventStatement()
    return [{ text: text.replace('audit_inbox', table), values: given }]
  }
  const ours = () => [enter, eventStatement()]
  const input = { category: 'data_access', action: 'view_invoice', description: 'An invoice was looked at' } as const
  const stopSealing = startAuditLoop(services)
  const pairs: { ours: number; plain: number; chained: number; operation: number }[] = []
  try {
    for (const statements of [ours, into('plain_events'), into('chained_events')]) await rateOf(runtime, statements)
    for (let round = 0; round < rounds; round++) {
      pairs.push({
        ours: await rateOf(runtime, ours, isSealed),
        plain: await rateOf(runtime, into('plain_events')),
        chained: await rateOf(runtime, into('chained_events')),
        operation: await rateOfWork(() => runForResult(services, recordEvent, input, system)),
      })
    }
  } finally {
    await stopSealing()
  }
  const with_ = (pick: (one: (typeof pairs)[0]) => number) => pairs.map((one) => [pick(one), one.plain] as const)
  lines.push(
    compared(
      'audit events, sealed behind',
      with_((one) => one.ours),
      'plain inserts',
      0.6,
    ),
    {
      ...compared(
        'refused: chained in the insert',
        with_((one) => one.chained),
        'plain inserts',
        0,
      ),
      target: '',
    },
    {
      ...compared(
        'audit.record, whole operation',
        with_((one) => one.operation),
        'plain inserts',
        0,
      ),
      target: '',
    },
  )
  console.table(lines)
}

async function rateOfWork(work: () => Promise<unknown>): Promise<number> {
  const until = performance.now() + seconds * 1000
  let done = 0
  const started = performance.now()
  const run = async () => {
    while (performance.now() < until) {
      await work()
      done++
    }
  }
  await Promise.all(Array.from({ length: writers }, run))
  return (done * 1000) / (performance.now() - started)
}

async function measureVerification(runtime: Runtime, { superuserUrl }: TestDatabase): Promise<void> {
  const { services } = runtime
  const verified = 'authentication'
  for (let from = 1; from <= events; from += 100_000) {
    await owner.query(
      `insert into audit_inbox (tenant_id, id, occurred_at, category, severity, action, description, actor, target_type, target_id, context, request_id, user_id)
       select $1, 'evt_01jd9a7h4we8nt' || lpad(n::text, 12, '0'), now() - make_interval(secs => ($3 - n) * 30), $2,
              case when n % 50 = 0 then 'warning' else 'info' end,
              case when n % 50 = 0 then 'login_failure' else 'login_success' end, 'Signed in',
              ('{"ip_address":"192.168.1.' || n % 256 || '","session_id":"sess_01jd9a7h4we8ntgbxqhm3v2k5r","type":"user","user_agent":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36","user_id":"user_' || n % 1000 || '"}')::json,
              'session', 'sess_' || n, '{"via":"azalscore"}', 'r-' || n, 'user_' || n % 1000
         from generate_series($4::integer, $5::integer) n`,
      [tenantId, verified, events, from, Math.min(from + 99_999, events)],
    )
  }
  const started = performance.now()
  await sealNewEvents(services)
  const sealedIn = (performance.now() - started) / 1000
  lines.push({ measurement: 'sealing of a backlog, one sealer', figure: `${Math.round(events / sealedIn)}/s` })
  const superuser = new pg.Client({ connectionString: superuserUrl })
  await superuser.connect()
  await superuser.query('vacuum (analyze)')
  await superuser.query('checkpoint')
  await superuser.end()
  const pairs: [number, number][] = []
  for (let round = 0; round < Math.min(rounds, 3); round++) {
    const report = await runForResult(services, verifyIntegrity, { category: verified }, system)
    if (!report.valid || report.eventsVerified !== events) throw new Error(JSON.stringify(report))
    pairs.push([(events * 1000) / report.durationMs, (events * 1000) / (await bareLoopMs(verified))])
  }
  lines.push(compared(`verification of ${events} events`, pairs, 'bare SHA-256 loop over the same bytes', 0.4))
}

/** Milliseconds for hashing every event and every link, read before the clock starts. */
async function bareLoopMs(category: string): Promise<number> {
  let spent = 0
  for (let from = 1; from <= events; from += 20_000) {
    const { rows } = await owner.query<{ text: Buffer; link: Buffer }>(
      `select convert_to(audit_event_text(e), 'UTF8') as text, l.link_hash || int8send(l.sequence) || l.event_hash as link
         from audit_links l join audit_events e on e.tenant_id = l.tenant_id and e.id = l.event_id
        where l.tenant_id = $1 and l.category = $2 and l.sequence between $3 and $4`,
      [tenantId, category, from, from + 19_999],
    )
    const started = performance.now()
    for (const { text, link } of rows) {
      hash('sha256', text, 'buffer')
      hash('sha256', link, 'buffer')
    }
    spent += performance.now() - started
  }
  return spent
}

async function measureSearch({ services }: Runtime): Promise<void> {
  const day = (n: number) => new Date(Date.now() - n * 24 * 3600 * 1000).toISOString()
  const searches: [string, object, object?][] = [
    ['everything, newest 100', {}],
    ['one category, 1000', { category: 'authentication' }, { limit: 1000 }],
    ['category and offset 50,000', { category: 'authentication' }, { offset: 50_000 }],
    ['action and a day of last year', { action: 'login_failure', from: day(200), before: day(199) }],
    ['user', { userId: 'user_77' }],
    ['user, action and severity', { userId: 'user_50', action: 'login_failure', severity: 'warning' }],
    ['target', { targetType: 'session', targetId: 'sess_4711' }],
    ['request', { requestId: 'r-4711' }],
    [
      'severity, category and a month',
      { severity: 'warning', category: 'authentication', from: day(60), before: day(30) },
    ],
    ['two that never meet', { category: 'authentication', action: 'client.update' }],
    ['two common ones that never meet', { severity: 'info', action: 'login_failure' }],
  ]
  for (const [measurement, filters, page] of searches) {
    const took: number[] = []
    for (let i = 0; i < 9; i++) {
      const started = performance.now()
      await runForResult(services, searchEvents, { filters, limit: 100, offset: 0, ...page }, system)
      took.push(performance.now() - started)
    }
    lines.push({ measurement: `search: ${measurement}`, figure: `${median(took).toFixed(1)} ms` })
  }
}
