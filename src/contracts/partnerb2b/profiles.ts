import { Type } from 'typebox'
import type { Profile, ProfileDocument, ShownEntry } from '#features/profiles/index.ts'
import * as profiles from '#features/profiles/index.ts'
import type { AnalysisView } from '#features/scoring/index.ts'
import { updateProfileWithAnalysis, viewProfileWithAnalysis } from '#features/scoring/index.ts'
import { lineOfText, nullable, uuid } from '#kernel/schemas.ts'
import type { ContractRoutes } from '../shared/contract.ts'
import { LastAnalysis, toLastAnalysis } from './analysis-models.ts'
import { Document, toDocument } from './documents.ts'
import { enveloped, messageOnly, moment } from './envelope.ts'
import { clientFor, clientUidField, pkPath, scopeOf } from './parameters.ts'

const ProfileAttribute = Type.Object({
  attribute: Type.Object({ name: Type.String() }),
  value: nullable(Type.String({ description: 'null: sensitive, and not shown to this caller or here' })),
})
const status = Type.Enum(['draft', 'complete'])
const CreatedProfile = Type.Object({
  pk: Type.Integer(),
  status,
  createdAt: Type.String({ format: 'date-time' }),
  profileattribute_set: Type.Array(ProfileAttribute),
})
const Summary = Type.Object({
  pk: Type.Integer(),
  client_uid: uuid,
  status,
  externalReference: nullable(Type.String()),
  createdAt: Type.String({ format: 'date-time' }),
  updatedAt: Type.String({ format: 'date-time' }),
  profileattribute_set: Type.Array(ProfileAttribute),
})
const WholeProfile = Type.Object({
  ...Summary.properties,
  document_set: Type.Array(Document),
  last_analyse: nullable(LastAnalysis),
})

const attributes = Type.Record(Type.String(), Type.Unknown(), {
  maxProperties: 500,
  description: 'Values by the names of GET /api/v1/metadata/; several choices as a list',
})
const externalReference = Type.Optional(nullable(lineOfText(200)))

function toAttributeSet(entries: readonly ShownEntry[]) {
  return entries.map(({ name, value }) => ({ attribute: { name }, value }))
}

function toSummary(profile: Profile) {
  return {
    pk: profile.pk,
    client_uid: profile.clientUid,
    status: profile.status,
    externalReference: profile.externalReference,
    createdAt: moment(profile.createdAt),
    updatedAt: moment(profile.updatedAt),
    profileattribute_set: toAttributeSet(profile.entries),
  }
}

function toWholeProfile(profile: Profile & { documents: ProfileDocument[]; lastAnalysis: AnalysisView | null }) {
  return {
    ...toSummary(profile),
    document_set: profile.documents.map(toDocument),
    last_analyse: profile.lastAnalysis && toLastAnalysis(profile.lastAnalysis),
  }
}

export function profileRoutes(routes: ContractRoutes): void {
  routes.add({
    method: 'POST',
    url: '/api/v1/profiles/',
    operationId: 'createProfile',
    operation: profiles.createProfile,
    request: { body: Type.Object({ attributes, externalReference, client_uid: clientUidField }) },
    input: ({ actor, body }) => ({
      clientUid: clientFor(actor, body.client_uid),
      attributes: body.attributes,
      externalReference: body.externalReference ?? null,
    }),
    present: (profile) => ({
      status: 201,
      body: {
        pk: profile.pk,
        status: profile.status,
        createdAt: moment(profile.createdAt),
        profileattribute_set: toAttributeSet(profile.entries),
      },
    }),
    success: { status: 201, description: 'The profile, a draft', schema: enveloped(CreatedProfile) },
  })

  routes.add({
    method: 'GET',
    url: '/api/v1/profiles/',
    operationId: 'listProfiles',
    operation: profiles.listProfiles,
    request: {
      query: Type.Object({
        status: Type.Optional(status),
        externalReference: Type.Optional(lineOfText(200)),
        q: Type.Optional(
          Type.String({ maxLength: 200, description: 'Beginnings of name, e-mail, phone or reference' }),
        ),
        createdAfter: Type.Optional(Type.String({ format: 'date-time' })),
        createdBefore: Type.Optional(Type.String({ format: 'date-time' })),
        client_uid: clientUidField,
        page: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000, default: 1 })),
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 20 })),
      }),
    },
    input: ({ actor, query: { client_uid: named, ...filter } }) => ({
      ...filter,
      clientUid: named?.toLowerCase() ?? scopeOf(actor),
      page: filter.page ?? 1,
      limit: filter.limit ?? 20,
    }),
    present: (found) => ({
      status: 200,
      body: { results: found.profiles.map(toSummary), page: found.page, limit: found.limit, hasMore: found.hasMore },
    }),
    success: {
      status: 200,
      description: 'Profiles, newest first; sensitive values are not in lists',
      schema: enveloped(
        Type.Object({
          results: Type.Array(Summary),
          page: Type.Integer(),
          limit: Type.Integer(),
          hasMore: Type.Boolean(),
        }),
      ),
    },
  })

  routes.add({
    method: 'GET',
    url: '/api/v1/profiles/:pk/',
    operationId: 'getProfile',
    operation: viewProfileWithAnalysis,
    request: { path: pkPath },
    input: ({ actor, path }) => ({ clientUid: scopeOf(actor), pk: path.pk }),
    present: (profile) => ({ status: 200, body: toWholeProfile(profile) }),
    success: { status: 200, description: 'The profile', schema: enveloped(WholeProfile) },
  })

  routes.add({
    method: 'PATCH',
    url: '/api/v1/profiles/:pk/',
    operationId: 'updateProfile',
    operation: updateProfileWithAnalysis,
    request: { path: pkPath, body: Type.Object({ attributes: Type.Optional(attributes), externalReference }) },
    input: ({ actor, path, body }) => ({ clientUid: scopeOf(actor), pk: path.pk, ...body }),
    present: (profile) => ({ status: 200, body: toWholeProfile(profile) }),
    success: { status: 200, description: 'The profile, a draft again', schema: enveloped(WholeProfile) },
  })

  routes.add({
    method: 'DELETE',
    url: '/api/v1/profiles/:pk/',
    operationId: 'deleteProfile',
    operation: profiles.deleteProfile,
    request: { path: pkPath },
    input: ({ actor, path }) => ({ clientUid: scopeOf(actor), pk: path.pk }),
    present: () => ({ status: 200, body: { message: 'Le profil a bien été supprimé.' } }),
    success: { status: 200, description: 'Deleted with everything of it', schema: messageOnly },
  })

  routes.add({
    method: 'POST',
    url: '/api/v1/profiles/:pk/submit/',
    operationId: 'submitProfile',
    operation: profiles.submitProfile,
    request: { path: pkPath },
    input: ({ actor, path }) => ({ clientUid: scopeOf(actor), pk: path.pk }),
    present: () => ({
      status: 200,
      body: { status: 'Complet', message: 'Ce profil est complet et prêt pour analyse.' },
    }),
    success: {
      status: 200,
      description: 'The profile can be analysed',
      schema: enveloped(Type.Object({ status: Type.Literal('Complet'), message: Type.String() })),
    },
  })
}
