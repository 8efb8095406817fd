import { Type } from 'typebox'
import { keepUpload, refuseInfected, uploadedFile } from '#features/files/index.ts'
import { coreError } from '#kernel/errors.ts'
import { defineOperation } from '#platform/operations/operation.ts'
import type { Catalogue } from './compiled-catalogue-rules.ts'
import { currentCatalogue } from './current-catalogue.ts'
import { documentError } from './document-errors.ts'
import { judgeFile } from './document-rules.ts'
import type { FoundDocument } from './document-store.ts'
import * as store from './document-store.ts'
import { profileError } from './errors.ts'
import { lockOwn, requireActiveClient, scope } from './operations.ts'
import { missingAttributes } from './rules.ts'
import type { Attribute, ProfileDocument } from './schemas.ts'
import { profilePk } from './schemas.ts'
import { unseal } from './sealing.ts'

/** Several pages of several statements; more is a mistake, or a use as a file store. */
const mostDocuments = 100

const ofDocument = Type.Object({ clientUid: scope, pk: profilePk })

function requireAttribute(catalogue: Catalogue, name: string): Attribute {
  const attribute = catalogue.byName.get(name)
  if (attribute) return attribute
  throw profileError('attribute_unknown', {
    details: [
      {
        path: ['body', 'attributes', name],
        message: profileError('attribute_unknown').message,
        code: 'attribute_unknown',
        parameters: {},
      },
    ],
  })
}

export const uploadDocument = defineOperation({
  name: 'document.upload',
  summary: 'Adds a document to a profile: checked by its content, and for viruses where a scanner is configured.',
  level: 'client',
  permission: 'document:upload',
  effect: 'write',
  input: Type.Object({
    clientUid: scope,
    pk: profilePk,
    attribute: Type.String({ minLength: 1, maxLength: 64 }),
    file: uploadedFile,
  }),
  client: (input) => input.clientUid ?? '',
  run: async (context, input) => {
    const infected = refuseInfected(input.file)
    if (infected) return infected
    const { tx, tenantId, now } = context
    const [profile, catalogue] = await Promise.all([lockOwn(context, input), currentCatalogue(context)])
    await requireActiveClient(context, profile.clientUid)
    const attribute = requireAttribute(catalogue, input.attribute)
    const [present, file] = await Promise.all([
      store.listDocuments(tx, tenantId, profile.pk),
      keepUpload(context, input.file),
    ])
    const fault = judgeFile(attribute, file)
    if (fault) {
      const details = [{ path: ['body', 'attributes', attribute.name], ...fault.told }]
      throw profileError(fault.code, { details })
    }
    if (present.length >= mostDocuments) throw documentError('document_limit_reached')
    const added = { profilePk: profile.pk, attribute: attribute.name }
    const pk = await store.insertDocument(tx, tenantId, { ...added, fileId: file.id, now })
    context.emit({
      type: 'document.added',
      clientId: profile.clientUid,
      data: { pk, profile_pk: profile.pk, attribute: attribute.name, external_reference: profile.externalReference },
    })
    const { contentType, size, sha256, scan } = file
    const document: ProfileDocument = { pk, ...added, status: scan, uploadedAt: now, contentType, size, sha256 }
    return document
  },
  audit: (_input, { pk, profilePk: profile, attribute, contentType, size, status }) => ({
    description: 'Document added to a profile',
    target: { type: 'document', id: String(pk) },
    context: { profile_pk: profile, attribute, content_type: contentType, size, scan: status },
  }),
})

/** @throws document_not_found; other_client for a document of another client of the tenant */
function requireOwn(found: FoundDocument | null, clientUid: string | null): FoundDocument {
  if (!found) throw documentError('document_not_found')
  if (clientUid !== null && found.clientUid !== clientUid) throw coreError('other_client')
  return found
}

export const viewDocument = defineOperation({
  name: 'document.view',
  summary: 'Describes a document of a profile.',
  level: 'client',
  permission: 'document:view',
  effect: 'quick read',
  input: ofDocument,
  client: (input) => input.clientUid ?? '',
  run: async ({ tx, tenantId }, input) =>
    requireOwn(await store.findDocument(tx, tenantId, input.pk), input.clientUid).document,
})

export const downloadDocument = defineOperation({
  name: 'document.download',
  summary: 'Gives the content of a document; of a sensitive attribute, that is recorded.',
  level: 'client',
  permission: 'document:download',
  effect: 'read',
  input: ofDocument,
  client: (input) => input.clientUid ?? '',
  run: async (context, input) => {
    const { tx, tenantId } = context
    const [found, catalogue] = await Promise.all([
      store.findDocument(tx, tenantId, input.pk),
      currentCatalogue(context),
    ])
    const { document, fileId } = requireOwn(found, input.clientUid)
    const attribute = catalogue.definition.attributes.find((one) => one.name === document.attribute)
    return { document, tenantId, fileId, isSensitive: attribute?.sensitiveData ?? true }
  },
  audit: (input, { document, isSensitive }) =>
    isSensitive
      ? {
          category: 'data_access',
          description: 'Content of a document given out',
          target: { type: 'document', id: String(input.pk) },
          context: { profile_pk: document.profilePk, attribute: document.attribute },
        }
      : null,
})

export const deleteDocument = defineOperation({
  name: 'document.delete',
  summary: 'Deletes a document with its content; a complete profile that needs it is a draft from then on.',
  level: 'client',
  permission: 'document:delete',
  effect: 'write',
  input: ofDocument,
  client: (input) => input.clientUid ?? '',
  run: async (context, input) => {
    const { tx, tenantId, now, services } = context
    const { document, clientUid } = requireOwn(await store.findDocument(tx, tenantId, input.pk), input.clientUid)
    const profileOf = { clientUid: input.clientUid, pk: document.profilePk }
    const [profile, catalogue] = await Promise.all([lockOwn(context, profileOf), currentCatalogue(context)])
    // Somebody else was quicker.
    if (!(await store.deleteDocument(tx, tenantId, document.pk))) throw documentError('document_not_found')
    if (profile.status === 'complete') {
      const left = new Set((await store.listDocuments(tx, tenantId, profile.pk)).map((one) => one.attribute))
      const missing = missingAttributes(catalogue, unseal(services.secrets, profile), left)
      if (missing.includes(document.attribute)) await store.reopenProfile(tx, tenantId, profile.pk, now)
    }
    const { pk, profilePk: profile_pk, attribute } = document
    context.emit({ type: 'document.deleted', clientId: clientUid, data: { pk, profile_pk, attribute } })
    return document
  },
  audit: (input, { profilePk: profile, attribute }) => ({
    severity: 'warning',
    description: 'Document deleted with its content',
    target: { type: 'document', id: String(input.pk) },
    context: { profile_pk: profile, attribute },
  }),
})
