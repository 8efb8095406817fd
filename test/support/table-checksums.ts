import pg from 'pg'
import type { ConnectionParameters } from '#platform/db/database.ts'

export type TableChecksums = Record<string, string>

/** Without what the entrance of a session notes, once a minute, whatever the request is refused for. */
const rowText = `(to_jsonb(t) - array['last_seen_at', 'admitted_version'])::text`

/** Content of all tables as one checksum each, to prove that nothing was written. */
export class TableReader {
  readonly #client: pg.Client
  #statement = ''

  constructor(owner: ConnectionParameters) {
    this.#client = new pg.Client({ ...owner })
  }

  /** @param options.except tables that may change, such as the audit log */
  async connect(options: { except: readonly string[] }): Promise<void> {
    await this.#client.connect()
    const tables = await this.tables()
    this.#statement = tables
      .filter((table) => !options.except.includes(table))
      .map((table) => {
        const name = this.#client.escapeIdentifier(table)
        return `select ${this.#client.escapeLiteral(table)} as name,
          count(*) || ' ' || md5(coalesce(string_agg(${rowText}, chr(10) order by ${rowText}), '')) as checksum from ${name} t`
      })
      .join(' union all ')
  }

  async tables(): Promise<string[]> {
    const found = await this.#client.query<{ relname: string }>(
      `select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') order by 1`,
    )
    return found.rows.map((row) => row.relname)
  }

  async checksums(): Promise<TableChecksums> {
    const found = await this.#client.query<{ name: string; checksum: string }>(this.#statement)
    return Object.fromEntries(found.rows.map((row) => [row.name, row.checksum]))
  }

  /** Every value of every row of every table as text, one line a row: "table: (...)". */
  async dump(): Promise<string[]> {
    const lines: string[] = []
    for (const table of await this.tables()) {
      const rows = await this.#client.query<{ line: string }>(
        `select t::text as line from ${this.#client.escapeIdentifier(table)} t`,
      )
      for (const row of rows.rows) lines.push(`${table}: ${row.line}`)
    }
    return lines
  }

  /** The same of the rows of one tenant, but for what the entrance of a session notes. */
  async dumpOf(tenantId: string): Promise<string[]> {
    const owned = await this.#client.query<{ name: string }>(
      `select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') order by 1`,
    )
    const statement = owned.rows
      .map(({ name }) => {
        const line = `${this.#client.escapeLiteral(`${name}: `)} || ${rowText}`
        return `select ${line} as line from ${this.#client.escapeIdentifier(name)} t where tenant_id = $1`
      })
      .join(' union all ')
    const rows = await this.#client.query<{ line: string }>(`select line from (${statement}) s order by line`, [
      tenantId,
    ])
    return rows.rows.map((row) => row.line)
  }

  async query<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.#client.query<Row>(text, values)).rows
  }

  async end(): Promise<void> {
    await this.#client.end()
  }
}
