/** What may be wrong with a template, with what a report is asked for, and with a schedule. */
import { defineFaults } from '#kernel/faults.ts'

export const reportFault = defineFaults({
  report_parameter_unknown: 'Is no parameter of {builder}: {known}',
  report_period_or_days: 'Either a period, or from and to',
  report_from_missing: 'Goes with "to"',
  report_no_day: 'Is no day of the calendar',
  report_ends_early: 'Lies before "from"',
  report_most_days: 'At most {days} days',
  report_month_early: 'From 1900-01 on',
  report_week_early: 'From 1900-W01 on',
  report_no_week: 'The year has no such week',
  report_dataset_unknown: 'Is none of {builder}: {known}',
  report_column_unknown: '"{column}" is none of {known}',
  report_column_twice: '"{column}" is named twice',
  report_tables_only: 'Has as many rows as there are: it is for tables',
  report_pie_one: 'A pie shows one',
  report_cron_long: 'At most {characters} characters',
  report_cron_unreadable:
    'Is no pattern of cron with five fields (minute, hour, day, month, weekday), such as 0 8 * * 1',
  report_cron_never: 'Never comes to pass',
  report_cron_often: 'At most every 15 minutes',
  report_options_csv: 'Options are those of the format csv',
  report_template_needed: 'One of template_id and template is needed',
  report_logo_form: 'Must be a PNG or a JPEG, in base64',
  report_logo_pixels: 'Must have at most {pixels} pixels in width and height',
})
export type ReportTold = ReturnType<typeof reportFault>
