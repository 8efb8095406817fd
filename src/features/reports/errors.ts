import type { CodesOf } from '#kernel/errors.ts'
import { defineErrors } from '#kernel/errors.ts'

export const reportError = defineErrors({
  report_not_found: { kind: 'not_found', message: 'No report has this id: list them with GET /api/v1/reports.' },
  report_not_ready: {
    kind: 'conflict',
    message: 'The report has no file: see its status (GET /api/v1/reports/{report_id}).',
  },
  report_expired: { kind: 'not_found', message: 'The file of the report has been deleted: generate it again.' },
  report_ended: { kind: 'conflict', message: 'The report has ended already, so there is nothing to cancel.' },
  report_template_unknown: {
    kind: 'not_found',
    message: 'No template has this id: list them with GET /api/v1/reports/templates.',
  },
  report_template_invalid: {
    kind: 'invalid',
    message: 'The template asks for what its builder does not have.',
  },
  report_template_built_in: {
    kind: 'conflict',
    message: 'The built-in templates stay as they are: save your own under another id.',
  },
  report_template_in_use: { kind: 'conflict', message: 'A schedule uses the template: delete or change it first.' },
  report_template_limit_reached: { kind: 'conflict', message: 'A tenant has at most 100 templates of its own.' },
  report_limit_reached: {
    kind: 'rate_limited',
    message: 'The tenant has had all its reports of the day (UTC): an administrator may raise the limit.',
  },
  report_storage_full: {
    kind: 'conflict',
    message: 'The files of the reports take all the room that the tenant has: delete some.',
  },
  report_too_large: {
    kind: 'invalid',
    message: 'The report is larger than its format allows: choose a shorter period, or csv.',
  },
  report_render_failed: {
    kind: 'invalid',
    message: 'The document could not be made within its limits of time and memory: choose a shorter period, or excel.',
  },
  report_schedule_not_found: {
    kind: 'not_found',
    message: 'No schedule has this id: list them with GET /api/v1/reports/schedules.',
  },
  report_schedule_invalid: { kind: 'invalid', message: 'The schedule cannot run like this.' },
  report_schedule_limit_reached: { kind: 'conflict', message: 'A tenant has at most 100 schedules.' },
  report_schedule_rights_lost: {
    kind: 'conflict',
    message:
      'Whoever made or last changed the schedule may not have this report sent any more: somebody who may takes it over by resuming it.',
  },
  report_settings_invalid: { kind: 'invalid', message: 'The settings cannot be like this.' },
  report_link_invalid: { kind: 'not_found', message: 'The link does not work: it has expired, or was cut off.' },
})
export type ReportErrorCode = CodesOf<typeof reportError>
