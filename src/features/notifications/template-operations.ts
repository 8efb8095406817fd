import { Type } from 'typebox'
import { defineOperation } from '#platform/operations/operation.ts'
import { builtInTemplates } from './built-in-templates.ts'
import { notificationError } from './errors.ts'
import { requireTemplate } from './notify.ts'
import { findSettings } from './preference-store.ts'
import { renderTemplate, templateProblems } from './rendering.ts'
import type { Template, TemplateContent } from './schemas.ts'
import { language, templateContent, templateId, variables } from './schemas.ts'
import * as store from './template-store.ts'

const mostTemplates = 200
const mostVersions = 1_000

function requireGood(content: TemplateContent): void {
  const details = templateProblems(content)
  if (details.length > 0) throw notificationError('notification_template_invalid', { details })
}

export const listTemplates = defineOperation({
  name: 'notification-template.list',
  summary: "Lists the templates in force: the tenant's own and the platform's.",
  level: 'account',
  permission: 'notification:view',
  effect: 'read',
  input: Type.Object({}),
  run: async ({ tx, tenantId }): Promise<{ templates: Template[] }> => {
    const own = await store.listOwnTemplates(tx, tenantId)
    const names = new Set(own.map((one) => one.id))
    const platform = Object.entries(builtInTemplates)
      .filter(([id]) => !names.has(id))
      .map(([id, content]) => ({ id, version: 0, content, updatedAt: null }))
    return { templates: [...own, ...platform].sort((a, b) => (a.id < b.id ? -1 : 1)) }
  },
})

export const viewTemplate = defineOperation({
  name: 'notification-template.view',
  summary: 'Shows a template as it is in force, with its versions.',
  level: 'account',
  permission: 'notification:view',
  effect: 'read',
  input: Type.Object({ id: templateId }),
  run: async ({ tx, tenantId }, input) => ({
    template: await requireTemplate(tx, tenantId, input.id),
    versions: await store.listVersions(tx, tenantId, input.id),
  }),
})

export const saveTemplate = defineOperation({
  name: 'notification-template.save',
  summary:
    "Saves a template as a new version, which is in force at once; it takes the place of the platform's of this name.",
  level: 'account',
  permission: 'notification:manage',
  effect: 'write',
  input: Type.Object({ id: templateId, content: templateContent }),
  run: async ({ tx, tenantId, actor, now }, input): Promise<Template> => {
    requireGood(input.content)
    const [known, count] = await Promise.all([
      store.findActiveTemplate(tx, tenantId, input.id),
      store.countOwnTemplates(tx, tenantId),
    ])
    if (!known && count >= mostTemplates) throw notificationError('notification_template_limit_reached')
    const createdBy = actor.kind === 'user' ? actor.userId : null
    const version = await store.addVersion(tx, tenantId, input.id, { content: input.content, now, createdBy })
    if (version > mostVersions) throw notificationError('notification_template_limit_reached')
    return { id: input.id, version, content: input.content, updatedAt: now }
  },
  audit: (input, saved) => ({
    category: 'configuration',
    description: 'Notification template saved',
    target: { type: 'notification_template', id: input.id },
    context: { version: saved.version },
  }),
})

export const activateTemplate = defineOperation({
  name: 'notification-template.activate',
  summary: 'Puts an earlier version of a template in force again.',
  level: 'account',
  permission: 'notification:manage',
  effect: 'write',
  input: Type.Object({ id: templateId, version: Type.Integer({ minimum: 1, maximum: mostVersions }) }),
  run: async ({ tx, tenantId, now }, input): Promise<Template> => {
    const found = await store.activateVersion(tx, tenantId, input.id, { version: input.version, now })
    if (!found) throw notificationError('notification_template_unknown')
    return requireTemplate(tx, tenantId, input.id)
  },
  audit: (input) => ({
    category: 'configuration',
    description: 'Version of a notification template put in force',
    target: { type: 'notification_template', id: input.id },
    context: { version: input.version },
  }),
})

export const deleteTemplate = defineOperation({
  name: 'notification-template.delete',
  summary: "Deletes a template of the tenant with its versions; the platform's of this name is in force again.",
  level: 'account',
  permission: 'notification:manage',
  effect: 'write',
  input: Type.Object({ id: templateId }),
  run: async ({ tx, tenantId }, input) => {
    const deleted = await store.deleteTemplate(tx, tenantId, input.id)
    if (!deleted) throw notificationError('notification_template_unknown')
    return { id: input.id }
  },
  audit: (input) => ({
    category: 'configuration',
    severity: 'warning',
    description: 'Notification template deleted',
    target: { type: 'notification_template', id: input.id },
  }),
})

export const previewTemplate = defineOperation({
  name: 'notification-template.preview',
  summary:
    'Shows what a template says with these variables, and its examples for those that are not given; nothing is sent.',
  level: 'account',
  permission: 'notification:view',
  effect: 'read',
  input: Type.Object({
    id: templateId,
    /** A draft that is not saved yet; else the template in force. */
    content: Type.Optional(templateContent),
    variables: Type.Optional(variables),
    language: Type.Optional(language),
  }),
  run: async ({ tx, tenantId }, input) => {
    if (input.content) requireGood(input.content)
    const content = input.content ?? (await requireTemplate(tx, tenantId, input.id)).content
    const settings = await findSettings(tx, tenantId)
    const examples = Object.fromEntries(
      content.variables.flatMap(({ name, example }) => (example === undefined ? [] : [[name, example]])),
    )
    const given = { variables: { ...examples, ...input.variables }, tenantName: settings.tenantName }
    return renderTemplate(content, input.language ?? settings.language, given)
  },
})
