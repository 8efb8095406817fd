import { Type } from 'typebox'
import { coreError } from '#kernel/errors.ts'
import { lineOfText, nullable } from '#kernel/schemas.ts'
import { valueFault } from '#kernel/value-faults.ts'
import { holdsPermission } from '#platform/operations/actor.ts'
import type { OperationContext } from '#platform/operations/operation.ts'
import { defineOperation } from '#platform/operations/operation.ts'
import { listDocuments } from './document-store.ts'
import { profileError } from './errors.ts'
import { ofProfile, requireOwn, scope } from './operations.ts'
import type { Profile, ProfileDocument, ProfileSummary } from './schemas.ts'
import { mask, toTsquery, unseal } from './sealing.ts'
import type { ProfileFilter, StoredProfile } from './store.ts'
import * as store from './store.ts'

/** The furthest that a list can be paged: what is behind costs ever more, and nobody reads it page by page. */
const furthest = 10_000

function toSummary({ pk, clientUid, status, externalReference, ...moments }: StoredProfile): ProfileSummary {
  const { createdAt, updatedAt, submittedAt } = moments
  return { pk, clientUid, status, externalReference, createdAt, updatedAt, submittedAt }
}

/** `shown`: the sensitive attributes that the reader sees the values of. */
export type ProfileView = Profile & { documents: ProfileDocument[]; shown: string[] }

function toView(
  { actor, services }: OperationContext,
  stored: StoredProfile,
  documents: ProfileDocument[],
): ProfileView {
  const hidden = stored.attributes.flatMap(({ name, value }) => (value === undefined ? [name] : []))
  if (hidden.length === 0 || !holdsPermission(actor, 'profile:view-sensitive')) {
    return { ...toSummary(stored), entries: mask(stored), documents, shown: [] }
  }
  const entries = unseal(services.secrets, stored)
  return { ...toSummary(stored), entries, documents, shown: [...new Set(hidden)] }
}

export const viewProfile = defineOperation({
  name: 'profile.view',
  summary: 'Shows a profile; sensitive values only to whom profile:view-sensitive allows it, which is recorded.',
  level: 'client',
  permission: 'profile:view',
  effect: 'read',
  input: ofProfile,
  client: (input) => input.clientUid ?? '',
  run: async (context, input): Promise<ProfileView> => {
    const { tx, tenantId } = context
    const [stored, documents] = await Promise.all([
      store.findProfile(tx, tenantId, input.pk),
      listDocuments(tx, tenantId, input.pk),
    ])
    return toView(context, requireOwn(stored, input.clientUid), documents)
  },
  audit: (input, { shown }) =>
    shown.length === 0
      ? null
      : {
          category: 'data_access',
          action: 'profile.view-sensitive',
          description: 'Sensitive values of a profile shown',
          target: { type: 'profile', id: String(input.pk) },
          context: { attributes: shown },
        },
})

const moment = Type.String({ format: 'date-time' })

/** @throws validation_failed for what has the form of a moment and is none, such as a leap second */
function toMoment(field: string, text: string | null | undefined): Date | null {
  if (text === null || text === undefined) return null
  const found = new Date(text)
  if (!Number.isNaN(found.getTime())) return found
  throw coreError('validation_failed', { details: [{ path: ['query', field], ...valueFault('value_no_moment') }] })
}

export const listProfiles = defineOperation({
  name: 'profile.list',
  summary: 'Lists and searches profiles, newest first, without sensitive values.',
  level: 'client',
  permission: 'profile:view',
  effect: 'read',
  input: Type.Object({
    clientUid: scope,
    status: Type.Optional(nullable(Type.Enum(['draft', 'complete']))),
    externalReference: Type.Optional(nullable(lineOfText(200))),
    /** Beginnings of words of name, e-mail, phone number or reference. */
    q: Type.Optional(nullable(Type.String({ maxLength: 200 }))),
    createdAfter: Type.Optional(nullable(moment)),
    createdBefore: Type.Optional(nullable(moment)),
    page: Type.Integer({ minimum: 1, maximum: furthest }),
    limit: Type.Integer({ minimum: 1, maximum: 100 }),
  }),
  client: (input) => input.clientUid ?? '',
  run: async ({ tx, tenantId }, input) => {
    const { clientUid, page, limit } = input
    if (page * limit > furthest) throw profileError('profile_page_too_far')
    const query = input.q?.trim() ?? ''
    const words = query === '' ? null : toTsquery({ tenantId, clientUid }, query)
    // A query of which nothing can be looked for is found nowhere.
    if (query !== '' && words === null) return { profiles: [], page, limit, hasMore: false }
    const filter: ProfileFilter = {
      clientUid,
      status: input.status ?? null,
      externalReference: input.externalReference ?? null,
      words,
      createdAfter: toMoment('createdAfter', input.createdAfter),
      createdBefore: toMoment('createdBefore', input.createdBefore),
    }
    const found = await store.listProfiles(tx, tenantId, filter, { limit, offset: (page - 1) * limit })
    const profiles: Profile[] = found.profiles.map((one) => ({ ...toSummary(one), entries: mask(one) }))
    return { profiles, page, limit, hasMore: found.hasMore }
  },
})

/** For other features, in their own transaction: the profile with every value, sensitive ones too. null: there is none. */
export async function readWholeProfile(
  { tx, tenantId, services }: OperationContext,
  pk: number,
): Promise<(ProfileSummary & { entries: { name: string; value: string }[] }) | null> {
  const stored = await store.findProfile(tx, tenantId, pk)
  return stored ? { ...toSummary(stored), entries: unseal(services.secrets, stored) } : null
}
