/** Templates that are always there. Their source fields are found in the file by any name that the column goes by. */
import type { EntityName } from '#features/entities/index.ts'
import { columnOfHeader, entities, headerKey } from '#features/entities/index.ts'
import type { Mapping, Template } from './schemas.ts'

function templateOf(id: string, entity: EntityName, name: string): Template {
  const columns = entities[entity].columns.filter((column) => column.imported !== 'never')
  const mappings = columns.map((column): Mapping => {
    const required = column.imported === 'required'
    return {
      sourceField: column.label.fr,
      targetField: column.name,
      dataType: column.type,
      ...(required ? { required } : {}),
      ...(column.values ? { values: [...column.values] } : {}),
    }
  })
  return { id, entity, name, mappings, onExisting: 'update', isBuiltIn: true, createdAt: null, updatedAt: null }
}

const all: readonly Template[] = [
  // The document's: whom a company sends invoices to, by his code.
  templateOf('client_import', 'customers', 'Clients (facturation)'),
  templateOf('customer_import', 'customers', 'Clients (facturation)'),
  templateOf('invoice_import', 'invoices', 'Factures'),
  templateOf('accounting_entry_import', 'accounting_entries', 'Écritures comptables'),
  templateOf('fec_import', 'accounting_entries', 'Fichier des écritures comptables (FEC)'),
  templateOf('platform_client_import', 'clients', 'Clients de la plateforme'),
  templateOf('profile_import', 'profiles', 'Profils'),
]

export const builtInTemplates: ReadonlyMap<string, Template> = new Map(all.map((template) => [template.id, template]))

/**
 * The template's mappings for the headers of this file: by the source field itself, or by what means the same column. What
 * the file lacks is left out where it is not required and has no default.
 */
export function fitTemplate(template: Template, headers: readonly string[]): Mapping[] {
  const entity = entities[template.entity]
  const taken = new Set<string>()
  return template.mappings.flatMap((mapping): Mapping[] => {
    const free = headers.filter((header) => !taken.has(header))
    const found =
      free.find((header) => header === mapping.sourceField) ??
      free.find((header) => headerKey(header) === headerKey(mapping.sourceField)) ??
      (template.isBuiltIn
        ? free.find((header) => columnOfHeader(entity, header)?.name === mapping.targetField)
        : undefined)
    if (found !== undefined) {
      taken.add(found)
      return [{ ...mapping, sourceField: found }]
    }
    return mapping.required === true || mapping.defaultValue !== undefined ? [mapping] : []
  })
}
