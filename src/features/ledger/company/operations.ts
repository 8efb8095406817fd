import { Type } from 'typebox'
import { nullable } from '#kernel/schemas.ts'
import { defineOperation } from '#platform/operations/operation.ts'
import { ledgerError } from '../errors.ts'
import { ledgerFault } from '../faults.ts'
import { day } from '../schemas.ts'
import { fiscalYear, leavingDays, requireValidCompany } from './rules.ts'
import * as store from './store.ts'

export const viewCompany = defineOperation({
  name: 'company.view',
  summary: "Shows the tenant's company: its SIREN and its fiscal years.",
  level: 'account',
  permission: 'company:view',
  effect: 'quick read',
  input: Type.Object({}),
  run: ({ tx, tenantId }) => store.findCompany(tx, tenantId),
})

export const updateCompany = defineOperation({
  name: 'company.update',
  summary: "Sets the company's SIREN and its fiscal years, as long as no entry would change its fiscal year.",
  level: 'account',
  permission: 'company:update',
  effect: 'write',
  input: Type.Object({
    siren: nullable(Type.String({ pattern: '^[0-9]{9}$' })),
    /** MM-DD */
    fiscalYearEnd: Type.String({ pattern: '^[0-9]{2}-[0-9]{2}$' }),
    irregularYears: Type.Array(
      Type.Object({ fiscalYear: Type.Integer({ minimum: 1900, maximum: 2099 }), startsOn: day, endsOn: day }),
      { maxItems: 50 },
    ),
  }),
  run: async ({ tx, tenantId, now }, input): Promise<store.Company> => {
    requireValidCompany(input)
    await store.lockCalendar(tx, tenantId)
    const before = await store.findCompany(tx, tenantId)
    for (const year of await store.fiscalYearsWithEntries(tx, tenantId)) {
      for (const period of leavingDays(fiscalYear(before, year), fiscalYear(input, year))) {
        if (await store.hasEntriesIn(tx, tenantId, { fiscalYear: year, ...period })) {
          throw ledgerError('fiscal_calendar_in_use', {
            details: [{ path: ['body'], ...ledgerFault('year_has_entries', { year, ...period }) }],
          })
        }
      }
    }
    await store.saveCompany(tx, tenantId, input, now)
    return input
  },
  audit: (input) => ({
    category: 'configuration',
    description: 'Company changed',
    context: { siren: input.siren, fiscal_year_end: input.fiscalYearEnd, irregular_years: input.irregularYears.length },
  }),
})
