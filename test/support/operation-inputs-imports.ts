/** An input that fits, for every operation of imports. */
import { failedCheck } from './operation-inputs-audit.ts'

const definition = {
  entity: 'customers',
  name: 'Own',
  mappings: [
    { sourceField: 'code', targetField: 'code' },
    { sourceField: 'nom', targetField: 'name' },
  ],
}
const importId = 'imp_unknown'
const place = { id: importId, attempt: 1, position: 0 }
const plan = { fileId: 'file_unknown', templateId: 'client_import', layout: {} }
const run = { entity: 'customers', options: { onExisting: 'skip' } }

export const importInputs: Readonly<Record<string, () => Record<string, unknown>>> = {
  'import.preview': () => ({ file: { id: 'file_unknown' }, layout: {}, maxRows: 10 }),
  'import.validate': () => plan,
  'import-validation.view': () => ({ id: 'val_unknown' }),
  'import-validation.list': () => ({ limit: 10, offset: 0 }),
  'import-validation.cancel': () => ({ id: 'val_unknown' }),
  'import-validation.end': () => failedCheck('val_unknown'),
  'import.execute': () => plan,
  'import.view': () => ({ importId }),
  'import.watch': () => ({ importId }),
  'import.list': () => ({ limit: 10 }),
  'import.cancel': () => ({ importId }),
  'import.download-refused': () => ({ importId }),
  'import.view-refused': () => ({ importId }),
  'import.start': () => ({ importId }),
  'import.write-batch': () => ({ batch: { place, rows: [], plan: run, converter: { fields: [] } } }),
  'import.write-whole': () => ({ whole: { place, plan: run, batches: async function* () {}, tell: async () => 'go' } }),
  'import.tell-progress': () => ({ place, read: 0 }),
  'import.read-refusals': () => ({ importId, behind: -1 }),
  'import.end': () => ({ importId, attempt: 1, status: 'failed', failure: null, refusedFileId: null }),
  'import-template.list': () => ({}),
  'import-template.view': () => ({ templateId: 'client_import' }),
  'import-template.create': () => ({ templateId: 'another_own', definition }),
  'import-template.replace': () => ({ templateId: 'unknown_own', definition }),
  'import-template.delete': () => ({ templateId: 'unknown_own' }),
}
