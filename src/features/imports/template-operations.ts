import { Type } from 'typebox'
import { defineOperation } from '#platform/operations/operation.ts'
import { importError } from './errors.ts'
import { compileMapping } from './mapping.ts'
import type { Template, TemplateDefinition } from './schemas.ts'
import { templateDefinition, templateId } from './schemas.ts'
import * as store from './template-store.ts'
import { builtInTemplates } from './templates.ts'

const mostTemplates = 200
const one = Type.Object({ templateId })

/** @throws import_mapping_invalid */
function requireSound({ entity, mappings }: TemplateDefinition): void {
  compileMapping(
    entity,
    mappings,
    mappings.map(({ sourceField }) => sourceField),
  )
}

/** @throws import_template_built_in */
function requireOwn(id: string): void {
  if (builtInTemplates.has(id)) throw importError('import_template_built_in')
}

export const listImportTemplates = defineOperation({
  name: 'import-template.list',
  summary: 'Lists the templates of imports: those that are always there, and the own ones.',
  level: 'account',
  permission: 'import-template:view',
  effect: 'read',
  input: Type.Object({}),
  run: async ({ tx, tenantId }): Promise<Template[]> => [
    ...builtInTemplates.values(),
    ...(await store.listTemplates(tx, tenantId)),
  ],
})

export const viewImportTemplate = defineOperation({
  name: 'import-template.view',
  summary: 'Shows a template of imports.',
  level: 'account',
  permission: 'import-template:view',
  effect: 'quick read',
  input: one,
  run: async ({ tx, tenantId }, { templateId: id }) => {
    const template = builtInTemplates.get(id) ?? (await store.findTemplate(tx, tenantId, id))
    if (!template) throw importError('import_template_not_found')
    return template
  },
})

export const createImportTemplate = defineOperation({
  name: 'import-template.create',
  summary: 'Creates a template of imports.',
  level: 'account',
  permission: 'import-template:manage',
  effect: 'write',
  input: Type.Object({ templateId, definition: templateDefinition }),
  run: async ({ tx, tenantId, now }, { templateId: id, definition }): Promise<Template> => {
    requireOwn(id)
    requireSound(definition)
    await store.insertTemplate(tx, tenantId, { id, definition, now, most: mostTemplates })
    return { ...definition, id, isBuiltIn: false, createdAt: now, updatedAt: now }
  },
  audit: (input) => ({
    category: 'configuration',
    description: 'Import template created',
    target: { type: 'import_template', id: input.templateId },
  }),
})

export const replaceImportTemplate = defineOperation({
  name: 'import-template.replace',
  summary: 'Replaces a template of imports; imports that were asked for before keep the old one.',
  level: 'account',
  permission: 'import-template:manage',
  effect: 'write',
  input: Type.Object({ templateId, definition: templateDefinition }),
  run: async ({ tx, tenantId, now }, { templateId: id, definition }) => {
    requireOwn(id)
    requireSound(definition)
    const replaced = await store.replaceTemplate(tx, tenantId, id, { definition, now })
    if (!replaced) throw importError('import_template_not_found')
    return replaced
  },
  audit: (input) => ({
    category: 'configuration',
    description: 'Import template replaced',
    target: { type: 'import_template', id: input.templateId },
  }),
})

export const deleteImportTemplate = defineOperation({
  name: 'import-template.delete',
  summary: 'Deletes a template of imports.',
  level: 'account',
  permission: 'import-template:manage',
  effect: 'write',
  input: one,
  run: async ({ tx, tenantId }, { templateId: id }) => {
    requireOwn(id)
    if (!(await store.deleteTemplate(tx, tenantId, id))) throw importError('import_template_not_found')
    return { id }
  },
  audit: (input) => ({
    category: 'configuration',
    severity: 'warning',
    description: 'Import template deleted',
    target: { type: 'import_template', id: input.templateId },
  }),
})
