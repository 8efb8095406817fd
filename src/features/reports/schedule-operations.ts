import { Type } from 'typebox'
import { nextRuns } from '#kernel/cron.ts'
import type { ErrorDetail } from '#kernel/errors.ts'
import { newId } from '#kernel/ids.ts'
import { lineOfText } from '#kernel/schemas.ts'
import { isTimeZone } from '#kernel/time-zone.ts'
import { valueFault } from '#kernel/value-faults.ts'
import { describeActor } from '#platform/operations/actor.ts'
import type { AuditFields, OperationContext } from '#platform/operations/operation.ts'
import { defineOperation } from '#platform/operations/operation.ts'
import { maySee, mustSee } from './access.ts'
import { cronProblem } from './cron.ts'
import { reportError } from './errors.ts'
import { requireTemplate } from './generate.ts'
import { holdLimits } from './report-store.ts'
import { resolveParameters } from './requests.ts'
import type { SavedSchedule } from './schedule-store.ts'
import * as store from './schedule-store.ts'
import type { Schedule } from './schemas.ts'
import { formats, givenParameters, language, recipients, templateId } from './schemas.ts'
import { findSettings } from './settings-store.ts'

const mostSchedules = 100
const runsShown = 5

export type ShownSchedule = Schedule & { nextRuns: Date[] }

function withRuns(schedule: Schedule, now: Date): ShownSchedule {
  const { cron, timeZone, isActive } = schedule
  return { ...schedule, nextRuns: isActive ? nextRuns(cron, { timeZone, after: now, count: runsShown }) : [] }
}

type Wanted = Omit<SavedSchedule, 'nextRunAt'>

/**
 * What is kept of it, after everything has been checked that a run will need.
 * @throws report_schedule_invalid, report_template_unknown, validation_failed, permission_missing
 */
async function checked({ tx, tenantId, actor, now }: OperationContext, wanted: Wanted): Promise<SavedSchedule> {
  const { content } = await requireTemplate(tx, tenantId, wanted.templateId)
  mustSee(actor, content.builder)
  const details: ErrorDetail[] = []
  if (!isTimeZone(wanted.timeZone)) {
    details.push({ path: ['body', 'time_zone'], ...valueFault('value_time_zone') })
  } else {
    const problem = cronProblem(wanted.cron, wanted.timeZone, now)
    if (problem !== null) details.push({ path: ['body', 'cron'], ...problem })
  }
  if (details.length > 0) throw reportError('report_schedule_invalid', { details })
  resolveParameters(content, wanted.parameters, { now, timeZone: wanted.timeZone })
  const [next] = nextRuns(wanted.cron, { timeZone: wanted.timeZone, after: now, count: 1 })
  return { ...wanted, nextRunAt: wanted.isActive ? (next ?? null) : null }
}

const audited = (description: string, schedule: Schedule): AuditFields => ({
  category: 'configuration',
  severity: schedule.recipients.length > 0 ? 'warning' : 'info',
  description,
  target: { type: 'report_schedule', id: schedule.id },
  context: {
    template: schedule.templateId,
    cron: schedule.cron,
    recipients: schedule.recipients.length,
    active: schedule.isActive,
  },
})

const fields = {
  name: lineOfText(200),
  cron: Type.String({ minLength: 1, maxLength: 100 }),
  timeZone: Type.String({ maxLength: 64 }),
  format: Type.Enum(formats),
  language,
  recipients,
  parameters: givenParameters,
  isActive: Type.Boolean(),
}

export const createSchedule = defineOperation({
  name: 'report-schedule.create',
  summary: 'Has a report made again and again, by cron in a time zone, and sent to its recipients.',
  level: 'account',
  permission: 'report:schedule',
  effect: 'write',
  input: Type.Object({
    templateId,
    name: fields.name,
    cron: fields.cron,
    format: fields.format,
    recipients: fields.recipients,
    parameters: fields.parameters,
    timeZone: Type.Optional(fields.timeZone),
    language: Type.Optional(fields.language),
    isActive: Type.Optional(fields.isActive),
  }),
  run: async (context, input): Promise<ShownSchedule> => {
    const { tx, tenantId, actor, now } = context
    await holdLimits(tx, tenantId)
    const settings = await findSettings(tx, tenantId)
    const wanted = {
      ...input,
      timeZone: input.timeZone ?? settings.timeZone,
      language: input.language ?? settings.language,
      isActive: input.isActive ?? true,
    }
    const given = await checked(context, wanted)
    if ((await store.countSchedules(tx, tenantId)) >= mostSchedules) throw reportError('report_schedule_limit_reached')
    const createdBy = describeActor(actor)
    const created = await store.insertSchedule(tx, tenantId, { ...given, id: newId('rsch'), createdBy, now })
    return withRuns(created, now)
  },
  audit: (_input, schedule) => audited('Report scheduled', schedule),
})

const byId = Type.Object({ id: Type.String({ maxLength: 64 }) })

/** @throws report_schedule_not_found, also for what the caller may not see */
async function visible(context: OperationContext, id: string, forUpdate = false): Promise<Schedule> {
  const { tx, tenantId, actor } = context
  const found = await store.findSchedule(tx, tenantId, id, { forUpdate })
  if (!found) throw reportError('report_schedule_not_found')
  const { content } = await requireTemplate(tx, tenantId, found.templateId)
  if (!maySee(actor, content.builder)) throw reportError('report_schedule_not_found')
  return found
}

export const viewSchedule = defineOperation({
  name: 'report-schedule.view',
  summary: 'Shows a schedule and when it runs next.',
  level: 'account',
  permission: 'report:view',
  effect: 'read',
  input: byId,
  run: async (context, { id }) => withRuns(await visible(context, id), context.now),
})

export const listSchedules = defineOperation({
  name: 'report-schedule.list',
  summary: 'Lists the schedules of what the caller may see, and when they run next.',
  level: 'account',
  permission: 'report:view',
  effect: 'read',
  input: Type.Object({}),
  run: async ({ tx, tenantId, actor, now }) => {
    const found = await store.listSchedules(tx, tenantId)
    const shown: ShownSchedule[] = []
    for (const one of found) {
      const { content } = await requireTemplate(tx, tenantId, one.templateId)
      if (maySee(actor, content.builder)) shown.push(withRuns(one, now))
    }
    return shown
  },
})

export const updateSchedule = defineOperation({
  name: 'report-schedule.update',
  summary: 'Changes, pauses or resumes a schedule.',
  level: 'account',
  permission: 'report:schedule',
  effect: 'write',
  input: Type.Object({
    id: byId.properties.id,
    templateId: Type.Optional(templateId),
    name: Type.Optional(fields.name),
    cron: Type.Optional(fields.cron),
    timeZone: Type.Optional(fields.timeZone),
    format: Type.Optional(fields.format),
    language: Type.Optional(fields.language),
    recipients: Type.Optional(fields.recipients),
    parameters: Type.Optional(fields.parameters),
    isActive: Type.Optional(fields.isActive),
  }),
  run: async (context, { id, ...changes }): Promise<ShownSchedule> => {
    const { tx, tenantId, actor, now } = context
    const present = await visible(context, id, true)
    const given = await checked(context, { ...present, ...changes })
    const updated = await store.updateSchedule(tx, tenantId, { ...given, id, changedBy: describeActor(actor), now })
    if (!updated) throw reportError('report_schedule_not_found')
    return withRuns(updated, now)
  },
  audit: (_input, schedule) => audited('Schedule of a report changed', schedule),
})

export const deleteSchedule = defineOperation({
  name: 'report-schedule.delete',
  summary: 'Ends a schedule; its reports stay until they expire.',
  level: 'account',
  permission: 'report:schedule',
  effect: 'write',
  input: byId,
  run: async (context, { id }) => {
    await visible(context, id)
    const deleted = await store.deleteSchedule(context.tx, context.tenantId, id)
    if (!deleted) throw reportError('report_schedule_not_found')
    return deleted
  },
  audit: (_input, schedule) => audited('Schedule of a report deleted', schedule),
})
