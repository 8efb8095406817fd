/** Our addition: the company whose books these are, as the FEC names it, and its fiscal years. */
import { Type } from 'typebox'
import type { Company } from '#features/ledger/index.ts'
import { updateCompany, viewCompany } from '#features/ledger/index.ts'
import { nullable } from '#kernel/schemas.ts'
import type { ContractRoutes, WireAnswer } from '../shared/contract.ts'
import { Day, DayIn, readEdge } from './edge-values.ts'

const year = Type.Integer({ minimum: 1900, maximum: 2099 })
const irregular = (day: Type.TString) =>
  Type.Array(Type.Object({ fiscal_year: year, starts_on: day, ends_on: day }), {
    maxItems: 50,
    description:
      'Fiscal years that are longer or shorter than twelve months; each is named after the year of its last day',
  })

const CompanyAnswer = Type.Object({
  siren: nullable(Type.String()),
  fiscal_year_end: Type.String({ description: 'MM-DD' }),
  irregular_years: irregular(Day),
})

const present = (company: Company): WireAnswer => ({
  status: 200,
  body: {
    siren: company.siren,
    fiscal_year_end: company.fiscalYearEnd,
    irregular_years: company.irregularYears.map((one) => ({
      fiscal_year: one.fiscalYear,
      starts_on: one.startsOn,
      ends_on: one.endsOn,
    })),
  },
})

export function companyRoutes(routes: ContractRoutes): void {
  routes.add({
    method: 'GET',
    url: '/api/v1/company',
    operationId: 'getCompany',
    operation: viewCompany,
    input: () => ({}),
    present,
    success: { status: 200, description: 'The company', schema: CompanyAnswer },
  })
  routes.add({
    method: 'PUT',
    url: '/api/v1/company',
    operationId: 'putCompany',
    operation: updateCompany,
    request: {
      body: Type.Object({
        siren: Type.Optional(nullable(Type.String({ pattern: '^[0-9]{9}$' }))),
        fiscal_year_end: Type.Optional(Type.String({ pattern: '^[0-9]{2}-[0-9]{2}$' })),
        irregular_years: Type.Optional(irregular(DayIn)),
      }),
    },
    input: ({ body }) =>
      readEdge((edge) => ({
        siren: body.siren ?? null,
        fiscalYearEnd: body.fiscal_year_end ?? '12-31',
        irregularYears: (body.irregular_years ?? []).map((one, i) => ({
          fiscalYear: one.fiscal_year,
          startsOn: edge.day(['body', 'irregular_years', String(i), 'starts_on'], one.starts_on),
          endsOn: edge.day(['body', 'irregular_years', String(i), 'ends_on'], one.ends_on),
        })),
      })),
    present,
    success: { status: 200, description: 'The company as it is now', schema: CompanyAnswer },
  })
}
