/** Schedules of reports; our additions: list, look, change, pause, end. */
import { Type } from 'typebox'
import type { ShownSchedule } from '#features/reports/index.ts'
import {
  createSchedule,
  deleteSchedule,
  listSchedules,
  reportFormats,
  reportLanguage,
  reportParameters,
  reportRecipients,
  reportTemplateId,
  updateSchedule,
  viewSchedule,
} from '#features/reports/index.ts'
import { lineOfText, nullable } from '#kernel/schemas.ts'
import type { ContractRoutes } from '../shared/contract.ts'
import { given } from './given.ts'

const moment = Type.String({ format: 'date-time' })

const ScheduleAnswer = Type.Object({
  schedule_id: Type.String(),
  template_id: Type.String(),
  name: Type.String(),
  cron: Type.String(),
  time_zone: Type.String(),
  format: Type.Enum(reportFormats),
  language: Type.String(),
  recipients: Type.Array(Type.String()),
  parameters: Type.Record(Type.String(), Type.Unknown()),
  status: Type.Enum(['active', 'paused']),
  next_run: nullable(moment),
  next_runs: Type.Array(moment, { description: 'The next five' }),
  last_run: nullable(moment),
  last_report_id: nullable(Type.String()),
  last_failure: nullable(Type.String({ description: 'Why the last run asked for no report' })),
  created_at: moment,
  updated_at: moment,
})

const presentSchedule = (schedule: ShownSchedule) => ({
  schedule_id: schedule.id,
  template_id: schedule.templateId,
  name: schedule.name,
  cron: schedule.cron,
  time_zone: schedule.timeZone,
  format: schedule.format,
  language: schedule.language,
  recipients: schedule.recipients,
  parameters: schedule.parameters,
  status: schedule.isActive ? 'active' : 'paused',
  next_run: schedule.nextRunAt?.toISOString() ?? null,
  next_runs: schedule.nextRuns.map((run) => run.toISOString()),
  last_run: schedule.lastRunAt?.toISOString() ?? null,
  last_report_id: schedule.lastReportId,
  last_failure: schedule.lastFailure,
  created_at: schedule.createdAt.toISOString(),
  updated_at: schedule.updatedAt.toISOString(),
})

const path = Type.Object({ schedule_id: Type.String({ maxLength: 64 }) })
const cron = Type.String({ minLength: 1, maxLength: 100, description: 'Minute, hour, day, month, weekday' })
const timeZone = Type.String({ maxLength: 64, description: "Left out: the tenant's" })
const status = Type.Enum(['active', 'paused'])
const isActive = (given: 'active' | 'paused' | null | undefined) => (given ? given === 'active' : undefined)

export function reportScheduleRoutes(routes: ContractRoutes): void {
  routes.add({
    method: 'POST',
    url: '/api/v1/reports/schedules',
    operationId: 'createReportSchedule',
    operation: createSchedule,
    request: {
      body: Type.Object({
        template_id: reportTemplateId,
        name: lineOfText(200),
        cron,
        format: Type.Enum(reportFormats),
        recipients: Type.Optional(nullable(reportRecipients)),
        parameters: Type.Optional(nullable(reportParameters)),
        time_zone: Type.Optional(nullable(timeZone)),
        language: Type.Optional(nullable(reportLanguage)),
        status: Type.Optional(nullable(status)),
      }),
    },
    input: ({ body }) => ({
      templateId: body.template_id,
      name: body.name,
      cron: body.cron,
      format: body.format,
      recipients: body.recipients ?? [],
      parameters: body.parameters ?? {},
      ...given({
        timeZone: body.time_zone ?? undefined,
        language: body.language ?? undefined,
        isActive: isActive(body.status),
      }),
    }),
    present: (schedule) => ({ status: 201, body: presentSchedule(schedule) }),
    success: { status: 201, description: 'The schedule, and when it runs', schema: ScheduleAnswer },
  })

  routes.add({
    method: 'GET',
    url: '/api/v1/reports/schedules',
    operationId: 'listReportSchedules',
    operation: listSchedules,
    input: () => ({}),
    present: (schedules) => ({ status: 200, body: { schedules: schedules.map(presentSchedule) } }),
    success: {
      status: 200,
      description: 'The oldest first',
      schema: Type.Object({ schedules: Type.Array(ScheduleAnswer) }),
    },
  })

  routes.add({
    method: 'GET',
    url: '/api/v1/reports/schedules/:schedule_id',
    operationId: 'getReportSchedule',
    operation: viewSchedule,
    request: { path },
    input: ({ path: { schedule_id } }) => ({ id: schedule_id }),
    present: (schedule) => ({ status: 200, body: presentSchedule(schedule) }),
    success: { status: 200, description: 'The schedule, and when it runs', schema: ScheduleAnswer },
  })

  routes.add({
    method: 'PATCH',
    url: '/api/v1/reports/schedules/:schedule_id',
    operationId: 'updateReportSchedule',
    operation: updateSchedule,
    request: {
      path,
      body: Type.Object({
        template_id: Type.Optional(reportTemplateId),
        name: Type.Optional(lineOfText(200)),
        cron: Type.Optional(cron),
        format: Type.Optional(Type.Enum(reportFormats)),
        recipients: Type.Optional(reportRecipients),
        parameters: Type.Optional(reportParameters),
        time_zone: Type.Optional(timeZone),
        language: Type.Optional(reportLanguage),
        status: Type.Optional(status),
      }),
    },
    input: ({ path: { schedule_id }, body }) => ({
      id: schedule_id,
      ...given({
        templateId: body.template_id,
        name: body.name,
        cron: body.cron,
        format: body.format,
        recipients: body.recipients,
        parameters: body.parameters,
        timeZone: body.time_zone,
        language: body.language,
        isActive: isActive(body.status),
      }),
    }),
    present: (schedule) => ({ status: 200, body: presentSchedule(schedule) }),
    success: { status: 200, description: 'The schedule, and when it runs', schema: ScheduleAnswer },
  })

  routes.add({
    method: 'DELETE',
    url: '/api/v1/reports/schedules/:schedule_id',
    operationId: 'deleteReportSchedule',
    operation: deleteSchedule,
    request: { path },
    input: ({ path: { schedule_id } }) => ({ id: schedule_id }),
    present: () => ({ status: 200, body: { success: true } }),
    success: { status: 200, description: 'The schedule is gone', schema: Type.Object({ success: Type.Boolean() }) },
  })
}
