/** Catalogue: the ledger, profiles, clients. */
import type { TableEntry } from './catalogue.ts'

const books = 'invoices and entries are kept for ten years (Code de commerce, L123-22)'

export const billingTables: Readonly<Record<string, TableEntry>> = {
  accounting_entries: {
    id: 'entry_id',
    free: 'auxiliary_number auxiliary_label label piece_ref',
    plain:
      'line_number fiscal_year journal_code journal_label entry_number number_prefix number_sequence entry_date account_number account_label piece_date debit credit lettering lettering_date validated_on currency amount_currency created_at',
    erase: 'scrub',
    why: `validated ones stay: ${books}`,
    where: 'validated_on is null',
    about: { customer: 'auxiliary_number = $4' },
  },
  companies: { config: 'siren fiscal_year_end irregular_years', plain: 'updated_at', erase: 'none' },
  customers: {
    id: 'id',
    personal:
      'code name name_key email phone siret vat_number address_line1 address_line2 postal_code city country_code',
    plain: 'is_active created_at updated_at',
    erase: 'pseudonym',
    why: 'deleted where no invoice names it',
  },
  invoices: {
    id: 'id customer_id client_id',
    free: 'note',
    plain: 'number invoice_date due_date currency status net_amount tax_amount total_amount created_at updated_at',
    erase: 'keep',
    why: books,
  },
  invoice_lines: {
    id: 'invoice_id',
    free: 'description',
    plain: 'line_number quantity unit_price vat_rate net_amount',
    erase: 'keep',
    why: books,
    about: {
      customer: 'invoice_id in (select i.id from invoices i where i.tenant_id = $1 and i.customer_id::text = $2)',
    },
  },
  retained_identities: {
    id: 'customer_id',
    sealed: 'identity_ciphertext',
    plain: 'keep_until created_at',
    erase: 'keep',
    why: 'who the customer of kept invoices was: encrypted, shown by one audited operation, deleted after the ten years',
  },

  profiles: {
    id: 'pk client_id',
    personal: 'external_reference attributes',
    sealed: 'sensitive_ciphertext',
    // Words of the attributes, to search by.
    secret: 'search',
    plain: 'status catalogue_version created_at updated_at submitted_at',
    erase: 'rows',
    own: { profile: 'pk::text = $2' },
  },
  profile_documents: {
    id: 'pk profile_pk file_id',
    plain: 'attribute created_at',
    erase: 'with',
    why: 'profiles, and their files with them',
    about: { profile: 'profile_pk::text = $2' },
  },
  analyses: {
    id: 'pk client_id profile_pk',
    personal: 'score result',
    sealed: 'sensitive_ciphertext',
    plain:
      'profile_submitted_at status attempt scorecard_version failure quota_month created_at started_at completed_at',
    erase: 'with',
    why: 'profiles',
    about: { profile: 'profile_pk::text = $2' },
  },
  analysis_quotas: {
    id: 'client_id',
    plain: 'per_month in_total month used_in_month used_in_total updated_at',
    erase: 'none',
  },
  attribute_catalogues: { id: 'created_by', config: 'definition', plain: 'version created_at', erase: 'none' },
  scorecards: {
    config: 'definition',
    plain: 'version status created_at updated_at activated_at retired_at',
    erase: 'none',
  },

  // A client is a company: whoever is one in person is deleted as a client, with everything it has.
  clients: { id: 'id', config: 'name description siret', plain: 'is_active created_at updated_at', erase: 'none' },
  client_credentials: {
    id: 'client_id id oauth_client_id',
    config: 'flow_service_url token_url',
    plain:
      'kind encryption_mode is_active mode_sandbox last_test_at last_test_success last_test_error created_at updated_at',
    secret: 'secret_ciphertext',
    erase: 'none',
  },
  email_configs: {
    id: 'client_id',
    config: 'settings',
    plain: 'provider last_test_at last_test_success last_test_error created_at updated_at',
    secret: 'secret_ciphertext',
    erase: 'none',
  },
  self_registered_names: { id: 'client_id', config: 'name', erase: 'none' },
  row_counts: { id: 'id', plain: 'relation difference', erase: 'none' },
}
