/** The program of this checkout with one more migration, in a folder of its own: what a rolling restart brings. */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { repository } from './cluster.fixture.ts'

/** Additive, as migrations are: columns, a table, an index on the tables under load. */
const migration = `
alter table clients add column nickname text;
alter table audit_events add column region text;
alter table customers add column rating integer not null default 0;
create table next_things (tenant_id text not null, id uuid not null, primary key (tenant_id, id));
create index clients_nickname on clients (tenant_id, nickname);
`

export const nextMigration = '9999-next'

export function makeNextVersion(): { folder: string; remove(): void } {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'clientele-next-'))
  for (const part of ['src', 'migrations', 'bin', 'package.json', 'tsconfig.json']) {
    cpSync(path.join(repository, part), path.join(folder, part), { recursive: true })
  }
  symlinkSync(path.join(repository, 'node_modules'), path.join(folder, 'node_modules'))
  const index = path.join(folder, 'migrations/index.ts')
  const text = readFileSync(index, 'utf8')
  const closing = text.lastIndexOf(']')
  const entry = `  { id: ${JSON.stringify(nextMigration)}, sql: ${JSON.stringify(migration)} },\n`
  writeFileSync(index, text.slice(0, closing) + entry + text.slice(closing))
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}
