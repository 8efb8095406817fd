/** A file that came with a request: in the store already, and owned by nothing until the operation keeps it. */
import { Type } from 'typebox'
import type { StoredFile } from '#platform/files/index.ts'
import type { OperationContext } from '#platform/operations/operation.ts'
import { Refusal } from '#platform/operations/operation.ts'
import { fileError } from './errors.ts'

/** Of an infected file there is nothing but what the scanner calls it. */
export const uploadedFile = Type.Union([
  Type.Object({ id: Type.String({ minLength: 1, maxLength: 100 }) }),
  Type.Object({ infectedWith: Type.String() }),
])
export type UploadedFile = Type.Static<typeof uploadedFile>

/** What an operation answers first of all: an infected file is refused and recorded, whatever else is wrong with it. */
export function refuseInfected(file: UploadedFile): Refusal | null {
  if ('id' in file) return null
  return new Refusal(fileError('file_infected'), {
    category: 'security',
    severity: 'warning',
    action: 'file.infected',
    description: 'Refused a file in which the virus scanner found something',
    context: { signature: file.infectedWith },
  })
}

/**
 * Makes the file the operation's own, in its transaction: from here on it lives as long as the row that names it.
 * @throws file_gone when it is not there, or something else has kept it
 */
export async function keepUpload(
  { tx, tenantId, services }: OperationContext,
  file: UploadedFile,
): Promise<StoredFile> {
  const kept = 'id' in file ? await services.files.keep(tx, tenantId, file.id) : null
  if (!kept) throw fileError('file_gone')
  return kept
}
