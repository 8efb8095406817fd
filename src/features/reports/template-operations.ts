import { Type } from 'typebox'
import type { OperationContext } from '#platform/operations/operation.ts'
import { defineOperation } from '#platform/operations/operation.ts'
import { maySee, mustSee } from './access.ts'
import { builtInTemplates } from './built-in-templates.ts'
import { reportError } from './errors.ts'
import { requireTemplate } from './generate.ts'
import { holdLimits } from './report-store.ts'
import { checkTemplate } from './requests.ts'
import type { Template } from './schemas.ts'
import { templateContent, templateId } from './schemas.ts'
import * as store from './template-store.ts'

const mostTemplates = 100

const isBuiltIn = (id: string) => Object.hasOwn(builtInTemplates, id)

export const listTemplates = defineOperation({
  name: 'report-template.list',
  summary: 'Lists the templates that the caller may have reports of: the built-in ones and the tenant’s own.',
  level: 'account',
  permission: 'report:view',
  effect: 'read',
  input: Type.Object({}),
  run: async ({ tx, tenantId, actor }): Promise<Template[]> => {
    const own = await store.listTemplates(tx, tenantId)
    const builtIn = Object.entries(builtInTemplates).map(
      ([id, content]): Template => ({ id, isBuiltIn: true, content, updatedAt: null }),
    )
    return [...builtIn, ...own].filter(({ content }) => maySee(actor, content.builder))
  },
})

const byId = Type.Object({ id: templateId })

export const viewTemplate = defineOperation({
  name: 'report-template.view',
  summary: 'Shows a template whole, and all figures that its builder has.',
  level: 'account',
  permission: 'report:view',
  effect: 'read',
  input: byId,
  run: async ({ tx, tenantId, actor }, { id }) => {
    const template = await requireTemplate(tx, tenantId, id)
    if (!maySee(actor, template.content.builder)) throw reportError('report_template_unknown')
    return template
  },
})

/** One that shows what the caller may not see is not his to replace or delete. @throws permission_missing */
async function requireNotHidden({ tx, tenantId, actor }: OperationContext, id: string): Promise<void> {
  const known = await store.findTemplate(tx, tenantId, id)
  if (known) mustSee(actor, known.content.builder)
}

export const saveTemplate = defineOperation({
  name: 'report-template.save',
  summary: 'Makes or replaces a template of the tenant’s own.',
  level: 'account',
  permission: 'report:manage',
  effect: 'write',
  input: Type.Object({ id: templateId, content: templateContent }),
  run: async (context, { id, content }) => {
    const { tx, tenantId, actor, now } = context
    if (isBuiltIn(id)) throw reportError('report_template_built_in')
    mustSee(actor, content.builder)
    checkTemplate(content)
    await holdLimits(tx, tenantId)
    await requireNotHidden(context, id)
    if ((await store.countOtherTemplates(tx, tenantId, id)) >= mostTemplates) {
      throw reportError('report_template_limit_reached')
    }
    return store.saveTemplate(tx, tenantId, { id, content, now })
  },
  audit: ({ id }, { content }) => ({
    category: 'configuration',
    description: 'Template of reports saved',
    target: { type: 'report_template', id },
    context: { builder: content.builder, blocks: content.blocks.length },
  }),
})

export const deleteTemplate = defineOperation({
  name: 'report-template.delete',
  summary: 'Deletes a template of the tenant’s own that no schedule uses.',
  level: 'account',
  permission: 'report:manage',
  effect: 'write',
  input: byId,
  run: async (context, { id }) => {
    const { tx, tenantId } = context
    if (isBuiltIn(id)) throw reportError('report_template_built_in')
    await holdLimits(tx, tenantId)
    await requireNotHidden(context, id)
    if (await store.isScheduled(tx, tenantId, id)) throw reportError('report_template_in_use')
    if (!(await store.deleteTemplate(tx, tenantId, id))) throw reportError('report_template_unknown')
    return { id }
  },
  audit: ({ id }) => ({
    category: 'configuration',
    description: 'Template of reports deleted',
    target: { type: 'report_template', id },
  }),
})
