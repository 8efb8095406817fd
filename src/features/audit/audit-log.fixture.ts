/** A tenant's audit log to write to, to tamper with as the database's owner, and to verify. */

import type pg from 'pg'
import type { Statement } from '#platform/db/statement-batch.ts'
import { tenantEntrance } from '#platform/db/tenant-table.ts'
import { auditStatement } from '#platform/operations/journal.ts'
import type { AuditFields } from '#platform/operations/operation.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import type { Services } from '#platform/operations/services.ts'
import type { TestApp } from '#test/support/app.ts'
import { withOwner } from '#test/support/owner-query.ts'
import { prepareTenant, systemOf, testOrigin } from '#test/support/prepared-client.ts'
import { createCheckpoints, exportLog, sealNewEvents } from './index.ts'
import type { VerificationRequest } from './verify.ts'
import { verifyTenant } from './verify.ts'

export class AuditLog {
  readonly tenantId: string
  readonly #app: TestApp

  constructor(app: TestApp, tenantId: string) {
    this.#app = app
    this.tenantId = tenantId
  }

  static async open(app: TestApp): Promise<AuditLog> {
    return new AuditLog(app, await prepareTenant(app))
  }

  get services(): Services {
    return this.#app.runtime.services
  }

  /** Each event in a transaction of its own. */
  async record(events: readonly Partial<AuditFields>[]): Promise<void> {
    for (const fields of events) await this.services.database.batch([this.enter(), this.statement(fields)])
  }

  async recordMany(count: number, fields: Partial<AuditFields> = {}): Promise<void> {
    await this.record(Array.from({ length: count }, (_, i) => ({ description: `Event ${i + 1}`, ...fields })))
  }

  enter(): Statement {
    return tenantEntrance(this.tenantId)
  }

  statement(fields: Partial<AuditFields>): Statement {
    const actor = { kind: 'system', tenantId: this.tenantId, name: 'test' } as const
    const origin = { ...testOrigin, requestId: 'r-1' }
    const event = {
      category: 'data_access' as const,
      description: 'Something',
      target: { type: 'invoice', id: 'FA-1' },
    }
    return auditStatement({ tenantId: this.tenantId, actor, origin }, 'invoice.view', { ...event, ...fields })
  }

  async seal(): Promise<void> {
    await sealNewEvents(this.services)
  }

  verify(request: VerificationRequest = { category: 'data_access' }) {
    return verifyTenant(this.services, { tenantId: this.tenantId, request })
  }

  async checkpoint() {
    return runForResult(this.services, createCheckpoints, {}, systemOf(this.tenantId))
  }

  async export(request: VerificationRequest = { category: 'data_access' }): Promise<string> {
    const { lines } = await runForResult(this.services, exportLog, request as object, systemOf(this.tenantId))
    let text = ''
    for await (const line of lines()) text += line
    return text
  }

  /** Ids by their number in the chain. */
  async ids(category = 'data_access'): Promise<string[]> {
    return withOwner(this.#app.database, async (owner) => {
      const { rows } = await owner.query<{ event_id: string }>(
        'select event_id from audit_links where tenant_id = $1 and category = $2 order by sequence',
        [this.tenantId, category],
      )
      return ['', ...rows.map((row) => row.event_id)]
    })
  }

  /** As the owner of the database, who can switch the triggers off. $1 is the tenant. */
  async tamper(...statements: [text: string, ...values: unknown[]][]): Promise<void> {
    await withOwner(this.#app.database, async (owner) => {
      await owner.query('begin')
      await withoutTriggers(owner, async () => {
        for (const [text, ...values] of statements) await owner.query(text, [this.tenantId, ...values])
      })
      await owner.query('commit')
    })
  }

  /** What a forger does who knows how links are computed: all of them anew, the head too, from the events as they are. */
  async recomputeLinks(category = 'data_access'): Promise<void> {
    await withOwner(this.#app.database, async (owner) => {
      await owner.query('begin')
      await owner.query(`select set_config('forger.tenant', $1, true), set_config('forger.category', $2, true)`, [
        this.tenantId,
        category,
      ])
      await withoutTriggers(owner, () => owner.query(forgery))
      await owner.query('commit')
    })
  }
}

const tables = ['audit_events', 'audit_inbox', 'audit_links', 'audit_checkpoints', 'audit_redactions']

async function withoutTriggers(owner: pg.Client, work: () => Promise<unknown>): Promise<void> {
  for (const table of tables) await owner.query(`alter table ${table} disable trigger user`)
  await work()
  for (const table of tables) await owner.query(`alter table ${table} enable trigger user`)
}

const forgery = `do $$
declare
  t text := current_setting('forger.tenant'); c text := current_setting('forger.category');
  k bytea := audit_chain_start(t, c); n bigint := 0; e audit_events; h bytea;
begin
  delete from audit_links where tenant_id = t and category = c;
  for e in select * from audit_events where tenant_id = t and category = c order by position loop
    n := n + 1;
    h := sha256(convert_to(audit_event_text(e), 'UTF8'));
    k := sha256(k || int8send(n) || h);
    insert into audit_links values (t, c, n, e.id, h, k);
  end loop;
  update audit_chains set sequence = n, link_hash = k where tenant_id = t and category = c;
end $$`
