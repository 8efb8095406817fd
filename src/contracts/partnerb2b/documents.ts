import { Type } from 'typebox'
import type { ProfileDocument } from '#features/profiles/index.ts'
import * as profiles from '#features/profiles/index.ts'
import type { ContractRoutes } from '../shared/contract.ts'
import { enveloped, messageOnly, moment } from './envelope.ts'
import { pkPath, scopeOf } from './parameters.ts'

const status = Type.Enum(['clean', 'not_scanned'], { description: 'Whether a virus scanner has seen it' })

export const Document = Type.Object({
  pk: Type.Integer(),
  status,
  downloadedAt: Type.String({ format: 'date-time', description: 'When it came' }),
  type: Type.String({ description: 'Name of its attribute' }),
  contentType: Type.String({ description: 'By its content' }),
  size: Type.Integer({ description: 'Bytes' }),
  sha256: Type.String({ description: 'Of the content, in hexadecimal digits' }),
})

export function toDocument(document: ProfileDocument) {
  return {
    pk: document.pk,
    status: document.status,
    downloadedAt: moment(document.uploadedAt),
    type: document.attribute,
    contentType: document.contentType,
    size: document.size,
    sha256: document.sha256,
  }
}

export function documentRoutes(routes: ContractRoutes): void {
  routes.add({
    method: 'POST',
    url: '/api/v1/profiles/:pk/documents/',
    operationId: 'uploadDocument',
    operation: profiles.uploadDocument,
    request: {
      path: pkPath,
      body: Type.Object({ attribute: Type.String({ minLength: 1, maxLength: 64 }) }),
    },
    upload: { part: 'file', description: 'In a format that the attribute accepts, by its content' },
    input: ({ actor, path, body, file }) => ({
      clientUid: scopeOf(actor),
      pk: path.pk,
      attribute: body.attribute,
      file,
    }),
    present: (document) => ({ status: 201, body: toDocument(document) }),
    success: { status: 201, description: 'The document', schema: enveloped(Document) },
  })

  routes.add({
    method: 'GET',
    url: '/api/v1/documents/:pk/',
    operationId: 'getDocument',
    operation: profiles.viewDocument,
    request: { path: pkPath },
    input: ({ actor, path }) => ({ clientUid: scopeOf(actor), pk: path.pk }),
    present: (document) => ({ status: 200, body: toDocument(document) }),
    success: { status: 200, description: 'The description of the document', schema: enveloped(Document) },
  })

  routes.add({
    method: 'GET',
    url: '/api/v1/documents/:pk/content/',
    operationId: 'downloadDocument',
    operation: profiles.downloadDocument,
    request: { path: pkPath },
    input: ({ actor, path }) => ({ clientUid: scopeOf(actor), pk: path.pk }),
    present: ({ document, fileId, tenantId }) => ({
      status: 200,
      body: null,
      file: { id: fileId, tenantId, name: `${document.attribute}-${document.pk}` },
    }),
    success: { status: 200, description: 'The content, as an attachment', isFile: true },
  })

  routes.add({
    method: 'DELETE',
    url: '/api/v1/documents/:pk/',
    operationId: 'deleteDocument',
    operation: profiles.deleteDocument,
    request: { path: pkPath },
    input: ({ actor, path }) => ({ clientUid: scopeOf(actor), pk: path.pk }),
    present: () => ({ status: 200, body: { message: 'Le document a bien été supprimé.' } }),
    success: { status: 200, description: 'Deleted with its content', schema: messageOnly },
  })
}
