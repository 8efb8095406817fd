/** Figures out of the database, all of one moment. */

import { createHash } from 'node:crypto'
import type { Database } from '#platform/db/database.ts'
import type { Snapshot } from '#platform/db/snapshot.ts'
import { inSnapshot } from '#platform/db/snapshot.ts'
import { tenantEntrance } from '#platform/db/tenant-table.ts'
import type { Dataset } from './builder.ts'
import type { Resolved, Row } from './schemas.ts'

const rowsAtOnce = 1000

export type Figures = {
  /** A dataset whose rows are few by what it is; asked once, however often it is shown. */
  rows(id: string, dataset: Dataset): Promise<Row[]>
  /** The rows of any dataset, in groups, in constant memory. */
  stream(id: string, dataset: Dataset): AsyncGenerator<readonly Row[], void, undefined>
  /** How many rows a long dataset has. */
  count(dataset: Dataset): Promise<number>
  /** Who the report is about and for. */
  about(clientUid: string | null): Promise<{ tenant: string; client: string | null; logo: StoredLogo | null }>
}
type StoredLogo = { type: string; base64: string }

/** The connection is held until the reader has had everything, or stops. */
export async function* withFigures<T>(
  database: Database,
  { tenantId, resolved }: { tenantId: string; resolved: Resolved },
  work: (figures: Figures) => AsyncGenerator<T, void, undefined>,
): AsyncGenerator<T, void, undefined> {
  const entrance = tenantEntrance(tenantId)
  yield* inSnapshot(database, { entrance, statementTimeoutSeconds: 600 }, (snapshot) =>
    work(figuresOf(snapshot, tenantId, resolved)),
  )
}

function figuresOf(snapshot: Snapshot, tenantId: string, resolved: Resolved): Figures {
  const known = new Map<string, Promise<Row[]>>()
  const rows = (id: string, dataset: Dataset) => {
    const read = known.get(id) ?? snapshot.ask<Row>(dataset.statement(tenantId, resolved))
    known.set(id, read)
    return read
  }
  return {
    rows,
    async *stream(id, dataset) {
      if (!dataset.isLong) {
        yield await rows(id, dataset)
        return
      }
      const { text, values } = dataset.statement(tenantId, resolved)
      // Statements are prepared by their text, with the columns that they had: each query's cursor has a name of its own.
      const cursor = `figures_${createHash('sha256').update(text).digest('hex').slice(0, 16)}`
      await snapshot.ask({ text: `declare ${cursor} no scroll cursor for ${text}`, values })
      try {
        for (;;) {
          const group = await snapshot.ask<Row>({ text: `fetch ${rowsAtOnce} from ${cursor}`, values: [] })
          if (group.length > 0) yield group
          if (group.length < rowsAtOnce) break
        }
      } finally {
        await snapshot.ask({ text: `close ${cursor}`, values: [] })
      }
    },
    count: async (dataset) => {
      const { text, values } = dataset.statement(tenantId, resolved)
      const [row] = await snapshot.ask<{ count: string }>({ text: `select count(*) as count from (${text}) r`, values })
      return Number(row?.count ?? 0)
    },
    about: async (clientUid) => {
      const [row] = await snapshot.ask<{
        tenant: string
        client: string | null
        logo: Buffer | null
        logo_type: string | null
      }>({
        text: `select t.name as tenant, (select name from clients where tenant_id = t.id and id = $2::uuid) as client, s.logo, s.logo_type
                 from tenants t left join report_settings s on s.tenant_id = t.id where t.id = $1`,
        values: [tenantId, clientUid],
      })
      const logo = row?.logo && row.logo_type ? { type: row.logo_type, base64: row.logo.toString('base64') } : null
      return { tenant: row?.tenant ?? '', client: row?.client ?? null, logo }
    },
  }
}
