/** An input that fits, for every operation of exports. */
const id = 'exp_unknown'

export const exportInputs: Readonly<Record<string, () => Record<string, unknown>>> = {
  'export.create': () => ({ entityType: 'customers', format: 'csv' }),
  'export.create-fec': () => ({ fiscalYear: 2024, siren: '732829320' }),
  'export.list': () => ({ limit: 10, offset: 0 }),
  'export.view': () => ({ id }),
  'export.download': () => ({ id }),
  'export.cancel': () => ({ id }),
  'export.end': () => ({ id, attempt: null, ending: { status: 'failed', failure: 'internal', details: [] } }),
}
