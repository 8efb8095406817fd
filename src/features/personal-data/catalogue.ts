/**
 * For every table and column: whether it holds personal data, and what export and erasure do with it. A test compares it with
 * the database, so that no column comes without an answer. Pure; docs/personal-data.md has it for people.
 */
import { billingTables } from './catalogue-billing.ts'
import { identityTables } from './catalogue-identity.ts'
import { messageTables } from './catalogue-messages.ts'
import { platformTables } from './catalogue-platform.ts'
import { transferTables } from './catalogue-transfers.ts'

export const subjectTypes = ['user', 'customer', 'profile'] as const
export type SubjectType = (typeof subjectTypes)[number]

/**
 * id: random, or a reference: says nothing once what it refers to is gone. personal: a value about a person. free: text or
 * JSON that may say something about anybody. sealed: the same, encrypted. config: written by administrators for everybody, never
 * searched for persons. plain: states, numbers, times. secret: never exported.
 */
export const columnKinds = ['id', 'personal', 'free', 'sealed', 'config', 'plain', 'secret'] as const
export type ColumnKind = (typeof columnKinds)[number]

/**
 * rows: those of the person are deleted (`own`). with: they go with the row they belong to. scrub: the person is taken out of free and
 * sealed columns. redact: out of audit events, by a signed redaction. pseudonym: another identity is put in its place. files: content
 * that may hold copies is deleted. keep: stays, for the reason given. none: holds nothing about a person.
 */
export type Treatment =
  | 'rows'
  | 'with'
  | 'scrub'
  | 'rows and scrub'
  | 'redact'
  | 'pseudonym'
  | 'files'
  | 'keep'
  | 'none'

/**
 * Columns by kind, their names separated by blanks; tenant_id is an id everywhere. Conditions are SQL: $1 is the tenant, $2 the
 * subject's id, $3 its e-mail addresses in lower case, $4 the code of the customer.
 */
export type TableEntry = Partial<Record<ColumnKind, string>> & {
  erase: Treatment
  /** Why it stays, or with what it goes. */
  why?: string
  own?: Partial<Record<SubjectType, string>>
  /** Further rows that are about the subject, for its export. */
  about?: Partial<Record<SubjectType, string>>
  /** Of rows that are scrubbed. */
  where?: string
  /** The table that it inherits from, which shows its rows as its own: they are exported and counted there. */
  partOf?: string
  /** Belongs to no tenant: in no export. */
  ofPlatform?: true
}

/** In the order of deletion: what names others without a foreign key comes first. */
export const catalogue: Readonly<Record<string, TableEntry>> = {
  ...messageTables,
  ...transferTables,
  ...billingTables,
  ...identityTables,
  ...platformTables,
}

export function columnsOf(entry: TableEntry, ...kinds: readonly ColumnKind[]): string[] {
  return kinds.flatMap((kind) => entry[kind]?.split(' ') ?? [])
}

export const scrubbed = ({ erase }: TableEntry): boolean => erase === 'scrub' || erase === 'rows and scrub'
