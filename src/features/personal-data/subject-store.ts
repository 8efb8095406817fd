import { sql } from 'kysely'
import type { StoredEntry } from '#features/profiles/index.ts'
import { currentCatalogue, unseal, unsealReadable } from '#features/profiles/index.ts'
import { isUuid } from '#kernel/ids.ts'
import type { Tx } from '#platform/db/unit-of-work.ts'
import type { Services } from '#platform/operations/services.ts'
import type { SecretBox } from '#platform/secrets/secret-box.ts'
import type { Marks, Subject } from './marks.ts'
import { marksOf } from './marks.ts'

type Given = {
  tenantId: string
  subject: Subject
  services: Services
  /** Of values whose key is lost nothing is recognised, unless all have to be read. */
  mustReadAll?: boolean
}

/**
 * What the person is recognised by. @returns null where there is no such person
 * @throws content_lost where all have to be read
 */
export function findMarks(tx: Tx, given: Given): Promise<Marks | null> {
  if (given.subject.type === 'user') return marksOfUser(tx, given)
  return given.subject.type === 'customer' ? marksOfCustomer(tx, given) : marksOfProfile(tx, given)
}

async function marksOfUser(tx: Tx, { tenantId, subject }: Given): Promise<Marks | null> {
  const row = await tx
    .selectFrom('users')
    .select(['email', 'email_key', 'display_name'])
    .where('tenant_id', '=', tenantId)
    .where('id', '=', subject.id)
    .executeTakeFirst()
  return row ? marksOf(subject, [row.email, row.email_key, row.display_name]) : null
}

const customerColumns = [
  'code',
  'name',
  'email',
  'phone',
  'siret',
  'vat_number',
  'address_line1',
  'address_line2',
  'postal_code',
  'city',
] as const

async function marksOfCustomer(tx: Tx, { tenantId, subject }: Given): Promise<Marks | null> {
  if (!isUuid(subject.id)) return null
  const row = await tx
    .selectFrom('customers')
    .select(['id', ...customerColumns])
    .where('tenant_id', '=', tenantId)
    .where('id', '=', subject.id)
    .executeTakeFirst()
  if (!row) return null
  const values = customerColumns.map((column) => row[column])
  return marksOf({ ...subject, id: row.id }, values, row.code)
}

const profileId = /^[1-9][0-9]{0,15}$/

/** Only texts that somebody wrote: of choices, dates and numbers many have the same. */
async function marksOfProfile(
  tx: Tx,
  { tenantId, subject, services, mustReadAll = false }: Given,
): Promise<Marks | null> {
  if (!profileId.test(subject.id)) return null
  const found = await sql<{
    external_reference: string | null
    attributes: StoredEntry[]
    sensitive_ciphertext: string | null
  }>`select external_reference, attributes, sensitive_ciphertext from profiles
      where tenant_id = ${tenantId} and pk = ${subject.id}::bigint`.execute(tx)
  const [row] = found.rows
  if (!row) return null
  const catalogue = await currentCatalogue({ tx, tenantId, services })
  const texts = new Set(catalogue.definition.attributes.filter(({ type }) => type === 'string').map(({ name }) => name))
  const entries = (mustReadAll ? unseal : unsealReadable)(services.secrets, {
    attributes: row.attributes,
    sensitiveCiphertext: row.sensitive_ciphertext,
  })
  const values = new Map(entries.filter(({ name }) => texts.has(name)).map(({ name, value }) => [name, value]))
  const [first, last] = [values.get('firstname'), values.get('lastname')]
  const names = first && last ? [`${first} ${last}`, `${last} ${first}`] : []
  return marksOf(subject, [row.external_reference, ...names, ...values.values()])
}

export type Identity = Record<string, string | null>

/**
 * Puts a pseudonym in the place of a customer whom invoices name, and keeps apart who it was until ten years after the year of the
 * last one; deletes one whom no invoice names.
 */
export async function removeCustomer(
  tx: Tx,
  { tenantId, customerId, secrets }: { tenantId: string; customerId: string; secrets: SecretBox },
): Promise<'deleted' | 'pseudonym' | 'gone'> {
  const row = await tx
    .selectFrom('customers')
    .select([...customerColumns, 'country_code'])
    .where('tenant_id', '=', tenantId)
    .where('id', '=', customerId)
    .forUpdate()
    .executeTakeFirst()
  if (!row) return 'gone'
  const invoiced = await sql<{ keep_until: string | null }>`
    select (date_trunc('year', max(invoice_date)) + interval '11 years')::date::text as keep_until
      from invoices where tenant_id = ${tenantId} and customer_id = ${customerId}`.execute(tx)
  const keepUntil = invoiced.rows[0]?.keep_until
  if (!keepUntil) {
    await tx.deleteFrom('customers').where('tenant_id', '=', tenantId).where('id', '=', customerId).execute()
    return 'deleted'
  }
  const pseudonym = `erased-${customerId}`
  if (row.code === pseudonym) return 'gone'
  const identity: Identity = row
  await sql`
    insert into retained_identities (tenant_id, customer_id, identity_ciphertext, keep_until)
    values (${tenantId}, ${customerId}, ${secrets.encrypt(JSON.stringify(identity))}, ${keepUntil}::date)
        on conflict (tenant_id, customer_id) do nothing`.execute(tx)
  const nothing = Object.fromEntries(customerColumns.map((column) => [column, null]))
  await tx
    .updateTable('customers')
    .set({ ...nothing, country_code: null, code: pseudonym, name: 'Erased customer', is_active: false } as never)
    .where('tenant_id', '=', tenantId)
    .where('id', '=', customerId)
    .execute()
  return 'pseudonym'
}

export async function findRetained(
  tx: Tx,
  tenantId: string,
  customerId: string,
): Promise<{ ciphertext: string; keepUntil: string } | null> {
  const found = await sql<{ identity_ciphertext: string; keep_until: string }>`
    select identity_ciphertext, keep_until::text from retained_identities
     where tenant_id = ${tenantId} and customer_id = ${customerId}`.execute(tx)
  const [row] = found.rows
  return row ? { ciphertext: row.identity_ciphertext, keepUntil: row.keep_until } : null
}
