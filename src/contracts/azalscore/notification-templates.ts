/** Our addition: templates of notifications, versions, previews. */
import { Type } from 'typebox'
import type { Template, VersionLine } from '#features/notifications/index.ts'
import {
  activateTemplate,
  deleteTemplate,
  listTemplates,
  notificationLanguage,
  previewTemplate,
  saveTemplate,
  templateContent,
  templateId,
  viewTemplate,
} from '#features/notifications/index.ts'
import { nullable } from '#kernel/schemas.ts'
import type { ContractRoutes } from '../shared/contract.ts'
import { given } from './given.ts'

const moment = Type.String({ format: 'date-time' })

// The content lets in no other fields, so it cannot be one part of an intersection.
const TemplateAnswer = Type.Object({
  id: Type.String(),
  version: Type.Integer({ description: "0: the platform's own" }),
  updated_at: nullable(moment),
  ...templateContent.properties,
})

const present = (template: Template) => ({
  id: template.id,
  version: template.version,
  updated_at: template.updatedAt?.toISOString() ?? null,
  ...template.content,
})

const presentVersion = (line: VersionLine) => ({
  version: line.version,
  active: line.isActive,
  created_at: line.createdAt.toISOString(),
  created_by: line.createdBy,
  content: line.content,
})

const path = Type.Object({ template_id: templateId })

export function notificationTemplateRoutes(routes: ContractRoutes): void {
  routes.add({
    method: 'GET',
    url: '/api/v1/notifications/templates',
    operationId: 'listNotificationTemplates',
    operation: listTemplates,
    input: () => ({}),
    present: ({ templates }) => ({ status: 200, body: { templates: templates.map(present) } }),
    success: {
      status: 200,
      description: 'The templates in force',
      schema: Type.Object({ templates: Type.Array(TemplateAnswer) }),
    },
  })

  routes.add({
    method: 'GET',
    url: '/api/v1/notifications/templates/:template_id',
    operationId: 'getNotificationTemplate',
    operation: viewTemplate,
    request: { path },
    input: (wire) => ({ id: wire.path.template_id }),
    present: ({ template, versions }) => ({
      status: 200,
      body: { ...present(template), versions: versions.map(presentVersion) },
    }),
    success: {
      status: 200,
      description: 'The template in force, and its versions, newest first',
      schema: TemplateAnswer,
    },
  })

  routes.add({
    method: 'PUT',
    url: '/api/v1/notifications/templates/:template_id',
    operationId: 'putNotificationTemplate',
    operation: saveTemplate,
    request: { path, body: templateContent },
    input: (wire) => ({ id: wire.path.template_id, content: wire.body }),
    present: (template) => ({ status: 200, body: present(template) }),
    success: { status: 200, description: 'Saved as a new version, in force at once', schema: TemplateAnswer },
  })

  routes.add({
    method: 'POST',
    url: '/api/v1/notifications/templates/:template_id/activate',
    operationId: 'activateNotificationTemplate',
    operation: activateTemplate,
    request: { path, body: Type.Object({ version: Type.Integer({ minimum: 1, maximum: 1_000 }) }) },
    input: (wire) => ({ id: wire.path.template_id, version: wire.body.version }),
    present: (template) => ({ status: 200, body: present(template) }),
    success: { status: 200, description: 'This version is in force', schema: TemplateAnswer },
  })

  routes.add({
    method: 'DELETE',
    url: '/api/v1/notifications/templates/:template_id',
    operationId: 'deleteNotificationTemplate',
    operation: deleteTemplate,
    request: { path },
    input: (wire) => ({ id: wire.path.template_id }),
    present: () => ({ status: 200, body: { success: true } }),
    success: {
      status: 200,
      description: 'It is gone, with its versions',
      schema: Type.Object({ success: Type.Boolean() }),
    },
  })

  routes.add({
    method: 'POST',
    url: '/api/v1/notifications/templates/:template_id/preview',
    operationId: 'previewNotificationTemplate',
    operation: previewTemplate,
    request: {
      path,
      body: Type.Object({
        language: Type.Optional(notificationLanguage),
        variables: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
        template: Type.Optional(templateContent),
      }),
    },
    input: ({ path: { template_id }, body }) => ({
      id: template_id,
      ...given({ content: body.template, variables: body.variables, language: body.language }),
    }),
    present: (rendered) => ({
      status: 200,
      body: {
        language: rendered.language,
        title: rendered.title,
        body: rendered.body,
        html: rendered.html,
        action: rendered.actionUrl === null ? null : { label: rendered.actionLabel, url: rendered.actionUrl },
      },
    }),
    success: {
      status: 200,
      description: 'What it says; nothing is sent',
      schema: Type.Object({
        language: Type.String(),
        title: Type.String(),
        body: Type.String(),
        html: nullable(Type.String()),
        action: nullable(Type.Object({ label: nullable(Type.String()), url: Type.String() })),
      }),
    },
  })
}
