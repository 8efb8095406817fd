/** Whether what is asked for can be made: templates against their builder's figures, parameters against its schema. */
import { Compile } from 'typebox/compile'
import type { ErrorDetail } from '#kernel/errors.ts'
import { coreError } from '#kernel/errors.ts'
import { isTimeZone } from '#kernel/time-zone.ts'
import { valueFault, valueFaultOf } from '#kernel/value-faults.ts'
import type { Builder } from './builder.ts'
import { builderOf } from './builders.ts'
import { reportError } from './errors.ts'
import type { ReportTold } from './faults.ts'
import { reportFault } from './faults.ts'
import { isNumeric } from './format-rules.ts'
import { dayIn, resolvePeriod } from './period-rules.ts'
import type { Block, BuilderId, DatasetColumn, Resolved, TemplateContent } from './schemas.ts'

type Given = Readonly<Record<string, unknown>>
type Validator = {
  Check(value: unknown): boolean
  Errors(value: unknown): Iterable<{ instancePath: string; keyword: string; message: string; params: object }>
}

const validators = new Map<BuilderId, Validator>()

function validatorOf(builder: Builder): Validator {
  const known = validators.get(builder.id)
  if (known) return known
  const made = Compile(builder.parameters) as unknown as Validator
  validators.set(builder.id, made)
  return made
}

const at = (parameter: string, told: Omit<ErrorDetail, 'path'>): ErrorDetail => ({
  path: ['body', 'parameters', ...(parameter === '' ? [] : [parameter])],
  ...told,
  type: 'report_parameter',
})

function problemsOf(builder: Builder, given: Given): ErrorDetail[] {
  const validator = validatorOf(builder)
  if (validator.Check(given)) return []
  const known = Object.keys((builder.parameters as { properties?: object }).properties ?? {})
  const unknown = Object.keys(given).filter((name) => !known.includes(name))
  return [
    ...unknown.map((name) =>
      at(name, reportFault('report_parameter_unknown', { builder: builder.id, known: known.join(', ') })),
    ),
    ...[...validator.Errors(given)]
      .filter(({ instancePath }) => instancePath !== '' && !unknown.includes(instancePath.slice(1)))
      .map((problem) => at(problem.instancePath.slice(1).replaceAll('/', '.'), valueFaultOf(problem))),
  ].slice(0, 20)
}

/**
 * Decides what the parameters leave open: the period by today's date where the report's people live.
 * @param timeZone where the parameters name none
 * @throws validation_failed
 */
export function resolveParameters(
  content: TemplateContent,
  given: Given,
  { now, timeZone: usual }: { now: Date; timeZone: string },
): Resolved {
  const builder = builderOf(content.builder)
  const parameters = { ...content.parameters, ...given }
  const problems = problemsOf(builder, parameters)
  if (problems.length > 0) throw coreError('validation_failed', { details: problems })
  const timeZone = (parameters.time_zone as string | undefined) ?? usual
  if (!isTimeZone(timeZone)) {
    throw coreError('validation_failed', { details: [at('time_zone', valueFault('value_time_zone'))] })
  }
  const period = resolvePeriod(builder.period, parameters, dayIn(timeZone, now))
  if ('told' in period) throw coreError('validation_failed', { details: [at(period.parameter, period.told)] })
  return {
    ...period,
    timeZone,
    currency: (parameters.currency as string | undefined) ?? 'EUR',
    includeCharts: (parameters.include_charts as boolean | undefined) ?? true,
    clientUid: (parameters.client_uid as string | undefined)?.toLowerCase() ?? null,
    category: (parameters.category as string | undefined) ?? null,
  }
}

/**
 * @param within where the request has the template
 * @throws report_template_invalid with everything that its builder does not have
 */
export function checkTemplate(content: TemplateContent, within: readonly string[] = []): void {
  const builder = builderOf(content.builder)
  const problems = content.blocks.flatMap((block, i) =>
    blockProblems(block, builder).map(({ field, ...told }) => ({
      path: ['body', ...within, 'blocks', String(i), field],
      ...told,
      type: 'report_template',
    })),
  )
  const parameters = problemsOf(builder, content.parameters ?? {}).map(({ path = [], ...detail }) => ({
    ...detail,
    path: ['body', ...within, ...path.slice(1)],
  }))
  const details = [...problems, ...parameters]
  if (details.length > 0) throw reportError('report_template_invalid', { details: details.slice(0, 50) })
}

type Problem = { field: string } & ReportTold

function blockProblems(block: Block, builder: Builder): Problem[] {
  if (block.type === 'text') return []
  const dataset = Object.hasOwn(builder.datasets, block.dataset) ? builder.datasets[block.dataset] : undefined
  if (!dataset) {
    const known = Object.keys(builder.datasets).join(', ')
    return [{ field: 'dataset', ...reportFault('report_dataset_unknown', { builder: builder.id, known }) }]
  }
  const check = (field: string, ids: readonly string[], fits: (column: DatasetColumn) => boolean = () => true) => {
    const fitting = dataset.columns.filter(fits).map((column) => column.id)
    return ids.flatMap((id, i) => {
      if (!fitting.includes(id)) {
        return [{ field, ...reportFault('report_column_unknown', { column: id, known: fitting.join(', ') }) }]
      }
      return ids.indexOf(id) === i ? [] : [{ field, ...reportFault('report_column_twice', { column: id }) }]
    })
  }
  if (block.type === 'table') return check('columns', block.columns ?? [])
  if (dataset.isLong) return [{ field: 'dataset', ...reportFault('report_tables_only') }]
  if (block.type === 'tiles') return check('fields', block.fields)
  return [
    ...check('category', [block.category], ({ kind }) => !isNumeric(kind)),
    ...check('values', block.values, ({ kind }) => isNumeric(kind)),
    ...(block.chart === 'pie' && block.values.length > 1
      ? [{ field: 'values', ...reportFault('report_pie_one') }]
      : []),
  ]
}
