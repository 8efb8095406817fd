/** Templates of reports; our additions: own templates as data, settings, the logo. */
import { Type } from 'typebox'
import type { Template } from '#features/reports/index.ts'
import {
  builderOf,
  configureReports,
  deleteTemplate,
  listTemplates,
  reportFormats,
  reportLanguage,
  reportTemplateId,
  saveTemplate,
  templateContent,
  viewSettings,
  viewTemplate,
} from '#features/reports/index.ts'
import { nullable } from '#kernel/schemas.ts'
import type { ContractRoutes } from '../shared/contract.ts'
import { given } from './given.ts'

const Words = Type.Object({ fr: Type.Optional(Type.String()), en: Type.Optional(Type.String()) })

const TemplateLine = Type.Object({
  id: Type.String(),
  name: Words,
  description: nullable(Words),
  builder: Type.String(),
  built_in: Type.Boolean(),
  formats: Type.Array(Type.Enum(reportFormats)),
  parameters: Type.Unknown({ description: 'JSON Schema' }),
  updated_at: nullable(Type.String({ format: 'date-time' })),
})
const Datasets = Type.Array(
  Type.Object({
    id: Type.String(),
    label: Words,
    for_tables_only: Type.Boolean(),
    columns: Type.Array(Type.Object({ id: Type.String(), kind: Type.String(), label: Words })),
  }),
)
const TemplateAnswer = Type.Intersect([
  TemplateLine,
  Type.Object({ blocks: Type.Array(Type.Unknown()), defaults: Type.Unknown(), datasets: Datasets }),
])

const presentLine = ({ id, isBuiltIn, content, updatedAt }: Template) => ({
  id,
  name: content.name,
  description: content.description ?? null,
  builder: content.builder,
  built_in: isBuiltIn,
  formats: [...reportFormats],
  parameters: builderOf(content.builder).parameters,
  updated_at: updatedAt?.toISOString() ?? null,
})

const presentTemplate = (template: Template) => ({
  ...presentLine(template),
  blocks: template.content.blocks,
  defaults: template.content.parameters ?? {},
  datasets: Object.entries(builderOf(template.content.builder).datasets).map(([id, dataset]) => ({
    id,
    label: dataset.label,
    for_tables_only: dataset.isLong ?? false,
    columns: dataset.columns.map((column) => ({ id: column.id, kind: column.kind, label: column.label })),
  })),
})

const path = Type.Object({ template_id: reportTemplateId })

const Settings = Type.Object({
  language: reportLanguage,
  time_zone: Type.String(),
  retention_days: Type.Integer(),
  daily_limit: Type.Integer({ description: 'Reports a day (UTC)' }),
  stored_megabytes: Type.Integer({ description: 'Files of all reports that there are' }),
})
const SettingsAnswer = Type.Intersect([
  Settings,
  Type.Object({
    has_logo: Type.Boolean(),
    used_today: Type.Integer(),
    stored_bytes: Type.Integer(),
    defaults: Settings,
  }),
])
type InForce = {
  language: string
  timeZone: string
  retentionDays: number
  dailyLimit: number
  storedMegabytes: number
}
const settingsOf = (settings: InForce) => ({
  language: settings.language,
  time_zone: settings.timeZone,
  retention_days: settings.retentionDays,
  daily_limit: settings.dailyLimit,
  stored_megabytes: settings.storedMegabytes,
})
type Whole = InForce & { hasLogo: boolean; usage: { today: number; storedBytes: number }; defaults: InForce }
const presentSettings = (settings: Whole) => ({
  status: 200,
  body: {
    ...settingsOf(settings),
    has_logo: settings.hasLogo,
    used_today: settings.usage.today,
    stored_bytes: settings.usage.storedBytes,
    defaults: settingsOf(settings.defaults),
  },
})

export function reportTemplateRoutes(routes: ContractRoutes): void {
  routes.add({
    method: 'GET',
    url: '/api/v1/reports/templates',
    operationId: 'listReportTemplates',
    operation: listTemplates,
    input: () => ({}),
    present: (templates) => ({ status: 200, body: { templates: templates.map(presentLine) } }),
    success: {
      status: 200,
      description: 'The built-in ones first',
      schema: Type.Object({ templates: Type.Array(TemplateLine) }),
    },
  })

  routes.add({
    method: 'GET',
    url: '/api/v1/reports/templates/:template_id',
    operationId: 'getReportTemplate',
    operation: viewTemplate,
    request: { path },
    input: ({ path: { template_id } }) => ({ id: template_id }),
    present: (template) => ({ status: 200, body: presentTemplate(template) }),
    success: { status: 200, description: 'The template, and all that its builder knows', schema: TemplateAnswer },
  })

  routes.add({
    method: 'PUT',
    url: '/api/v1/reports/templates/:template_id',
    operationId: 'saveReportTemplate',
    operation: saveTemplate,
    request: { path, body: templateContent },
    input: ({ path: { template_id }, body }) => ({ id: template_id, content: body }),
    present: (template) => ({ status: 200, body: presentTemplate(template) }),
    success: { status: 200, description: 'The template', schema: TemplateAnswer },
  })

  routes.add({
    method: 'DELETE',
    url: '/api/v1/reports/templates/:template_id',
    operationId: 'deleteReportTemplate',
    operation: deleteTemplate,
    request: { path },
    input: ({ path: { template_id } }) => ({ id: template_id }),
    present: () => ({ status: 200, body: { success: true } }),
    success: { status: 200, description: 'The template is gone', schema: Type.Object({ success: Type.Boolean() }) },
  })

  routes.add({
    method: 'GET',
    url: '/api/v1/reports/settings',
    operationId: 'getReportSettings',
    operation: viewSettings,
    input: () => ({}),
    present: presentSettings,
    success: { status: 200, description: 'In force, and used', schema: SettingsAnswer },
  })

  routes.add({
    method: 'PUT',
    url: '/api/v1/reports/settings',
    operationId: 'configureReports',
    operation: configureReports,
    request: {
      body: Type.Object({
        language: Type.Optional(nullable(reportLanguage)),
        time_zone: Type.Optional(nullable(Type.String({ maxLength: 64 }))),
        retention_days: Type.Optional(nullable(Type.Integer({ minimum: 1, maximum: 365 }))),
        daily_limit: Type.Optional(nullable(Type.Integer({ minimum: 0, maximum: 100_000 }))),
        stored_megabytes: Type.Optional(nullable(Type.Integer({ minimum: 1, maximum: 1_000_000 }))),
        logo: Type.Optional(nullable(Type.String({ maxLength: 400_000, description: 'PNG or JPEG in base64' }))),
      }),
    },
    input: ({ body }) =>
      given({
        language: body.language,
        timeZone: body.time_zone,
        retentionDays: body.retention_days,
        dailyLimit: body.daily_limit,
        storedMegabytes: body.stored_megabytes,
        logo: body.logo,
      }),
    present: presentSettings,
    success: { status: 200, description: 'In force, and used', schema: SettingsAnswer },
  })
}
