/** Our addition: templates of imports, those that are always there and the tenant's own. */
import { Type } from 'typebox'
import type { Mapping, Template } from '#features/imports/index.ts'
import {
  createImportTemplate,
  deleteImportTemplate,
  entityName,
  listImportTemplates,
  onExisting,
  replaceImportTemplate,
  templateId,
  viewImportTemplate,
} from '#features/imports/index.ts'
import { lineOfText, nullable } from '#kernel/schemas.ts'
import type { ContractRoutes } from '../shared/contract.ts'
import { Moment } from './edge-values.ts'
import { given } from './given.ts'
import { MappingIn, mappingsOf, presentMapping } from './import-models.ts'

const path = Type.Object({ template_id: templateId })
const definition = {
  name: lineOfText(200),
  entity_type: entityName,
  mappings: Type.Array(MappingIn, { minItems: 1, maxItems: 4000 }),
  on_existing: Type.Optional(onExisting),
}
const TemplateAnswer = Type.Object({
  id: templateId,
  name: Type.String(),
  entity_type: Type.String(),
  built_in: Type.Boolean(),
  on_existing: onExisting,
  mappings: Type.Array(MappingIn),
  created_at: nullable(Moment),
  updated_at: nullable(Moment),
})

const present = (template: Template) => ({
  id: template.id,
  name: template.name,
  entity_type: template.entity,
  built_in: template.isBuiltIn,
  on_existing: template.onExisting ?? 'update',
  mappings: template.mappings.map((one: Mapping) => presentMapping(one)),
  created_at: template.createdAt?.toISOString() ?? null,
  updated_at: template.updatedAt?.toISOString() ?? null,
})

const definitionBody = Type.Object(definition)
const toDefinition = (body: Type.Static<typeof definitionBody>) => ({
  name: body.name,
  entity: body.entity_type,
  mappings: mappingsOf(body.mappings),
  ...given({ onExisting: body.on_existing }),
})

export function importTemplateRoutes(routes: ContractRoutes): void {
  routes.add({
    method: 'GET',
    url: '/api/v1/import/templates',
    operationId: 'listImportTemplates',
    operation: listImportTemplates,
    input: () => ({}),
    present: (templates) => ({ status: 200, body: { templates: templates.map(present) } }),
    success: {
      status: 200,
      description: 'Ready ones first',
      schema: Type.Object({ templates: Type.Array(TemplateAnswer) }),
    },
  })

  routes.add({
    method: 'POST',
    url: '/api/v1/import/templates',
    operationId: 'createImportTemplate',
    operation: createImportTemplate,
    request: { body: Type.Object({ id: templateId, ...definition }) },
    input: ({ body }) => ({ templateId: body.id, definition: toDefinition(body) }),
    present: (template) => ({ status: 201, body: present(template) }),
    success: { status: 201, description: 'The template', schema: TemplateAnswer },
  })

  routes.add({
    method: 'GET',
    url: '/api/v1/import/templates/:template_id',
    operationId: 'getImportTemplate',
    operation: viewImportTemplate,
    request: { path },
    input: ({ path: named }) => ({ templateId: named.template_id }),
    present: (template) => ({ status: 200, body: present(template) }),
    success: { status: 200, description: 'The template', schema: TemplateAnswer },
  })

  routes.add({
    method: 'PUT',
    url: '/api/v1/import/templates/:template_id',
    operationId: 'replaceImportTemplate',
    operation: replaceImportTemplate,
    request: { path, body: definitionBody },
    input: ({ path: named, body }) => ({ templateId: named.template_id, definition: toDefinition(body) }),
    present: (template) => ({ status: 200, body: present(template) }),
    success: { status: 200, description: 'The template', schema: TemplateAnswer },
  })

  routes.add({
    method: 'DELETE',
    url: '/api/v1/import/templates/:template_id',
    operationId: 'deleteImportTemplate',
    operation: deleteImportTemplate,
    request: { path },
    input: ({ path: named }) => ({ templateId: named.template_id }),
    present: () => ({ status: 200, body: { success: true } }),
    success: { status: 200, description: 'It is gone', schema: Type.Object({ success: Type.Boolean() }) },
  })
}
