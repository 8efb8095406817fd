/** Profiles one after another in one transaction, for imports: what `profile.create` refuses is refused here by the row. */

import type { Told } from '#kernel/faults.ts'
import { isUuid } from '#kernel/ids.ts'
import type { RowFault } from '#kernel/row-faults.ts'
import { rowFault } from '#kernel/row-faults.ts'
import type { OperationContext } from '#platform/operations/operation.ts'
import type { CompiledAttribute } from './compiled-catalogue-rules.ts'
import { currentCatalogue } from './current-catalogue.ts'
import { missingAttributes } from './rules.ts'
import { lexemesOf, seal } from './sealing.ts'
import * as store from './store.ts'
import { readValues } from './value-rules.ts'

/** As a file gives it: texts, by the names of attributes; choices of a list are divided by "|". */
export type ImportedProfile = {
  clientUid: string
  externalReference: string | null
  attributes: Readonly<Record<string, string>>
}
export type ProfileOutcome = { outcome: 'inserted' } | ({ outcome: 'refused' } & RowFault)

const longestReference = 200

/** @returns the outcome of each profile, in the same order */
export async function insertProfiles(
  context: OperationContext,
  profiles: readonly ImportedProfile[],
): Promise<ProfileOutcome[]> {
  const { tx, tenantId, now, services } = context
  const catalogue = await currentCatalogue(context)
  const uids = [...new Set(profiles.map(({ clientUid }) => clientUid).filter(isUuid))]
  const active = new Map(
    await Promise.all(uids.map(async (uid) => [uid, await store.isClientActive(tx, tenantId, uid)] as const)),
  )
  return Promise.all(
    profiles.map(async ({ clientUid, externalReference, attributes }): Promise<ProfileOutcome> => {
      const refused = (field: string | null, told: Told): ProfileOutcome => ({ outcome: 'refused', field, ...told })
      if (active.get(clientUid) !== true) return refused('clientUid', rowFault('row_client_unknown'))
      if ((externalReference?.length ?? 0) > longestReference)
        return refused('externalReference', rowFault('row_reference_long'))
      const given = Object.entries(attributes).map(([name, text]) => [name, typed(catalogue.byName.get(name), text)])
      const { entries, faults } = readValues(catalogue, Object.fromEntries(given))
      const [fault] = faults
      if (fault) return refused(`attributes.${fault.name}`, rowFault(fault.code))
      const [missing] = missingAttributes(catalogue, entries, null)
      if (missing !== undefined) return refused(`attributes.${missing}`, rowFault('row_needed'))
      const sealed = seal(services.secrets, catalogue, entries)
      const pk = await store.insertProfile(tx, tenantId, {
        ...sealed,
        clientUid,
        externalReference,
        catalogueVersion: catalogue.version,
        lexemes: lexemesOf({ tenantId, clientUid }, sealed, externalReference),
        now,
      })
      return pk === null ? refused(null, rowFault('row_attributes_changed')) : { outcome: 'inserted' }
    }),
  )
}

const booleans: Readonly<Record<string, boolean>> = {
  true: true,
  '1': true,
  oui: true,
  yes: true,
  false: false,
  '0': false,
  non: false,
  no: false,
}

function typed(attribute: CompiledAttribute | undefined, text: string): unknown {
  switch (attribute?.type) {
    case 'integer':
      return /^-?[0-9]{1,15}$/.test(text) ? Number(text) : text
    case 'boolean':
      return booleans[text.toLowerCase()] ?? text
    case 'choice':
      return text.includes('|') ? text.split('|').map((one) => one.trim()) : text
    default:
      return text
  }
}
