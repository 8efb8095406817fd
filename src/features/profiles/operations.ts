import { Type } from 'typebox'
import type { ErrorDetail } from '#kernel/errors.ts'
import { coreError } from '#kernel/errors.ts'
import { lineOfText, nullable, uuid } from '#kernel/schemas.ts'
import { clientOf } from '#platform/operations/actor.ts'
import type { OperationContext } from '#platform/operations/operation.ts'
import { defineOperation } from '#platform/operations/operation.ts'
import type { Catalogue } from './compiled-catalogue-rules.ts'
import { currentCatalogue, lastSeenCatalogue } from './current-catalogue.ts'
import { listDocuments } from './document-store.ts'
import { profileError } from './errors.ts'
import { attributeFault } from './faults.ts'
import { mergeEntries, missingAttributes } from './rules.ts'
import type { Entry, Profile, ProfileDocument } from './schemas.ts'
import { profilePk } from './schemas.ts'
import { lexemesOf, mask, seal, unseal, unsealForChange } from './sealing.ts'
import type { StoredProfile } from './store.ts'
import * as store from './store.ts'
import type { Fault } from './value-rules.ts'
import { readValues } from './value-rules.ts'

/** What the caller sent may be any text: no more of it comes back in an error than helps to find it. */
const longestEcho = 64

const externalReference = lineOfText(200)
const givenAttributes = Type.Record(Type.String(), Type.Unknown())
/** The caller's own client; null at account level: any of the tenant's. */
export const scope = nullable(uuid)
export const ofProfile = Type.Object({ clientUid: scope, pk: profilePk })

/** @throws attribute_unknown before everything else; then what is missing; then the first fault in the order sent */
function requireGood(faults: readonly Fault[], missing: readonly string[]): void {
  const detail = (name: string, told: Omit<ErrorDetail, 'path'>): ErrorDetail => ({
    path: ['body', 'attributes', name.slice(0, longestEcho)],
    ...told,
  })
  const told = faults.map(({ name, code }) =>
    detail(name, { message: profileError(code).message, code, parameters: {} }),
  )
  const unknown = faults.find((one) => one.code === 'attribute_unknown')
  if (unknown) throw profileError('attribute_unknown', { details: told })
  const absent = missing.map((name) => detail(name, attributeFault('attribute_needed')))
  if (absent.length > 0) throw profileError('attributes_missing', { details: [...absent, ...told] })
  const [first] = faults
  if (first) throw profileError(first.code, { details: told })
}

/** Checks what was sent for a new profile. @throws what does not fit */
function readNew(catalogue: Catalogue, given: Readonly<Record<string, unknown>>): Entry[] {
  const { entries, faults } = readValues(catalogue, given)
  const faulty = new Set(faults.map((one) => one.name))
  const missing = missingAttributes(catalogue, entries, null).filter((name) => !faulty.has(name))
  requireGood(faults, missing)
  return entries
}

/** @throws profile_client_unknown, client_inactive; of a client's own credential the entrance has told both already */
export async function requireActiveClient({ tx, tenantId, actor }: OperationContext, clientUid: string): Promise<void> {
  if (clientOf(actor) !== null) return
  const isActive = await store.isClientActive(tx, tenantId, clientUid)
  if (isActive === null) throw profileError('profile_client_unknown')
  if (!isActive) throw coreError('client_inactive')
}

export const createProfile = defineOperation({
  name: 'profile.create',
  summary: 'Creates a profile with its attributes, as a draft.',
  level: 'client',
  permission: 'profile:create',
  effect: 'write',
  input: Type.Object({
    clientUid: uuid,
    attributes: givenAttributes,
    externalReference: Type.Optional(nullable(externalReference)),
  }),
  client: (input) => input.clientUid,
  run: async (context, input): Promise<Profile> => {
    const { tx, tenantId, now, services } = context
    const { clientUid } = input
    const reference = input.externalReference ?? null
    await requireActiveClient(context, clientUid)
    let catalogue = lastSeenCatalogue(context)
    for (;;) {
      let entries: Entry[]
      try {
        entries = readNew(catalogue, input.attributes)
      } catch (error) {
        // What the newest catalogue accepts must not be refused for an older one.
        const newest = await currentCatalogue(context)
        if (newest.version === catalogue.version) throw error
        catalogue = newest
        continue
      }
      const sealed = seal(services.secrets, catalogue, entries)
      const pk = await store.insertProfile(tx, tenantId, {
        ...sealed,
        clientUid,
        externalReference: reference,
        catalogueVersion: catalogue.version,
        lexemes: lexemesOf({ tenantId, clientUid }, sealed, reference),
        now,
      })
      if (pk !== null) {
        context.emit({
          type: 'profile.created',
          clientId: clientUid,
          data: { pk, status: 'draft', external_reference: reference },
        })
        const moments = { createdAt: now, updatedAt: now, submittedAt: null }
        return { pk, clientUid, status: 'draft', externalReference: reference, ...moments, entries: mask(sealed) }
      }
      catalogue = await currentCatalogue(context)
    }
  },
  audit: (input, profile) => ({
    description: 'Profile created',
    target: { type: 'profile', id: String(profile.pk) },
    context: { client_id: input.clientUid, attributes: profile.entries.length },
  }),
})

/** @throws profile_not_found; other_client for a profile of another client of the tenant */
export function requireOwn(profile: StoredProfile | null, clientUid: string | null): StoredProfile {
  if (!profile) throw profileError('profile_not_found')
  if (clientUid !== null && profile.clientUid !== clientUid) throw coreError('other_client')
  return profile
}

export async function lockOwn(
  { tx, tenantId }: OperationContext,
  { clientUid, pk }: { clientUid: string | null; pk: number },
): Promise<StoredProfile> {
  return requireOwn(await store.lockProfile(tx, tenantId, pk), clientUid)
}

type Change = { named: Set<string>; changed: Entry[]; faults: Fault[] }

/** null takes a value away, also that of an attribute that has been retired since. */
function readChange(catalogue: Catalogue, old: readonly Entry[], sent: Readonly<Record<string, unknown>>): Change {
  const given = Object.entries(sent)
  const removed = given.filter(([, value]) => value === null).map(([name]) => name)
  const { entries, faults } = readValues(catalogue, Object.fromEntries(given.filter(([, value]) => value !== null)))
  const removable = new Set([...catalogue.byName.keys(), ...old.map((one) => one.name)])
  const unknown = removed.filter((name) => !removable.has(name))
  return {
    named: new Set(given.map(([name]) => name)),
    changed: entries,
    faults: [...faults, ...unknown.map((name): Fault => ({ name, code: 'attribute_unknown' }))],
  }
}

export const updateProfile = defineOperation({
  name: 'profile.update',
  summary: 'Changes the named attributes of a profile, which is a draft from then on.',
  level: 'client',
  permission: 'profile:update',
  effect: 'write',
  input: Type.Object({
    clientUid: scope,
    pk: profilePk,
    /** null takes an attribute away. */
    attributes: Type.Optional(givenAttributes),
    externalReference: Type.Optional(nullable(externalReference)),
  }),
  client: (input) => input.clientUid ?? '',
  run: async (context, input): Promise<Profile & { documents: ProfileDocument[] }> => {
    const { tx, tenantId, now, services } = context
    const [stored, catalogue, documents] = await Promise.all([
      lockOwn(context, input),
      currentCatalogue(context),
      listDocuments(tx, tenantId, input.pk),
    ])
    const old = unsealForChange(services.secrets, stored, new Set(Object.keys(input.attributes ?? {})))
    const { named, changed, faults } = readChange(catalogue, old, input.attributes ?? {})
    const entries = mergeEntries(old, named, changed)
    const missing = missingAttributes(catalogue, entries, null).filter((name) => named.has(name))
    requireGood(faults, missing)
    const reference = input.externalReference === undefined ? stored.externalReference : input.externalReference
    const sealed = seal(services.secrets, catalogue, entries)
    await store.updateProfile(tx, tenantId, stored.pk, {
      ...sealed,
      externalReference: reference,
      catalogueVersion: catalogue.version,
      lexemes: lexemesOf({ tenantId, clientUid: stored.clientUid }, sealed, reference),
      now,
    })
    context.emit({
      type: 'profile.updated',
      clientId: stored.clientUid,
      data: { pk: stored.pk, status: 'draft', external_reference: reference, attributes: [...named] },
    })
    const { pk, clientUid, createdAt } = stored
    const profile = { pk, clientUid, createdAt, updatedAt: now, submittedAt: null }
    return { ...profile, status: 'draft', externalReference: reference, entries: mask(sealed), documents }
  },
  audit: (input) => ({
    description: 'Profile changed',
    target: { type: 'profile', id: String(input.pk) },
    context: {
      attributes: Object.keys(input.attributes ?? {}),
      ...(input.externalReference === undefined ? {} : { fields: ['externalReference'] }),
    },
  }),
})

export const deleteProfile = defineOperation({
  name: 'profile.delete',
  summary: 'Deletes a profile with everything of it; audit events stay.',
  level: 'client',
  permission: 'profile:delete',
  effect: 'write',
  input: ofProfile,
  client: (input) => input.clientUid ?? '',
  run: async (context, input) => {
    const { pk, clientUid, externalReference: reference } = await lockOwn(context, input)
    await store.deleteProfile(context.tx, context.tenantId, pk)
    context.emit({ type: 'profile.deleted', clientId: clientUid, data: { pk, external_reference: reference } })
    return { pk, clientUid }
  },
  audit: (input, { clientUid }) => ({
    severity: 'warning',
    description: 'Profile deleted with everything of it',
    target: { type: 'profile', id: String(input.pk) },
    context: { client_id: clientUid },
  }),
})

export const submitProfile = defineOperation({
  name: 'profile.submit',
  summary: 'Submits a profile that has everything it must have: it can be analysed from then on.',
  level: 'client',
  permission: 'profile:submit',
  effect: 'write',
  input: ofProfile,
  client: (input) => input.clientUid ?? '',
  run: async (context, input) => {
    const { tx, tenantId, now, services } = context
    const [stored, catalogue, documents] = await Promise.all([
      lockOwn(context, input),
      currentCatalogue(context),
      listDocuments(tx, tenantId, input.pk),
    ])
    await requireActiveClient(context, stored.clientUid)
    const present = new Set(documents.map((one) => one.attribute))
    requireGood([], missingAttributes(catalogue, unseal(services.secrets, stored), present))
    const changed = stored.status !== 'complete'
    if (changed) {
      await store.markSubmitted(tx, tenantId, stored.pk, now)
      const data = { pk: stored.pk, status: 'complete', external_reference: stored.externalReference }
      context.emit({ type: 'profile.submitted', clientId: stored.clientUid, data })
    }
    return { pk: stored.pk, changed }
  },
  audit: (input, { changed }) => ({
    description: changed ? 'Profile submitted' : 'Profile submitted again: it was complete already',
    target: { type: 'profile', id: String(input.pk) },
  }),
})
