import { Type } from 'typebox'
import { findCompany, fiscalYear as fiscalYearNamed } from '#features/ledger/index.ts'
import type { Actor } from '#platform/operations/actor.ts'
import { entranceOf } from '#platform/operations/actor.ts'
import { definePhasedOperation } from '#platform/operations/operation.ts'
import type { Services } from '#platform/operations/services.ts'
import type { FecEncoding } from './schemas.ts'
import { fecEncodings } from './schemas.ts'
import type { FecSource } from './swift.ts'
import { checkLedger } from './swift.ts'

/** The administration's own character set (article A47 A-1). */
export const defaultEncoding: FecEncoding = 'iso-8859-15'

export const fecYear = Type.Integer({ minimum: 1900, maximum: 2099 })
export const fecEncoding = Type.Enum(fecEncodings)

function sourceFor(services: Services, actor: Actor): FecSource {
  const entrance = entranceOf(actor, { inactiveClientMay: false, withoutMfaMay: false, needsStepUp: false })
  if (actor.kind === 'anonymous' || !entrance) throw new Error('a ledger is read for somebody')
  return { database: services.database, tenantId: actor.tenantId, entrance }
}

export const checkFec = definePhasedOperation({
  name: 'fec.check',
  summary: 'Checks the ledger of a fiscal year as an FEC, and lists what is wrong.',
  level: 'account',
  permission: 'entry:export',
  effect: 'read',
  limit: 'transfer',
  input: Type.Object({ fiscalYear: fecYear, encoding: Type.Optional(fecEncoding) }),
  prepare: async ({ tx, tenantId }, input) => fiscalYearNamed(await findCompany(tx, tenantId), input.fiscalYear),
  perform: ({ services, actor }, { encoding }, year) =>
    checkLedger(sourceFor(services, actor), { ...year, encoding: encoding ?? defaultEncoding }),
  run: async (_context, _input, report) => report,
})
