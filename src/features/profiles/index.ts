export { builtInDefinition } from './built-in-catalogue.ts'
export type { ImportedProfile, ProfileOutcome } from './bulk.ts'
export { insertProfiles } from './bulk.ts'
export type { CatalogueView } from './catalogue-operations.ts'
export {
  addAttribute,
  attributeChangesSchema,
  changeAttribute,
  newAttributeSchema,
  setRequirements,
  viewAttributes,
  viewCatalogue,
} from './catalogue-operations.ts'
export type { Catalogue, CompiledAttribute } from './compiled-catalogue-rules.ts'
export { currentCatalogue } from './current-catalogue.ts'
export type { DocumentErrorCode } from './document-errors.ts'
export { deleteDocument, downloadDocument, uploadDocument, viewDocument } from './document-operations.ts'
export type { ProfileErrorCode } from './errors.ts'
export { createProfile, deleteProfile, submitProfile, updateProfile } from './operations.ts'
export type { ProfileView } from './read-operations.ts'
export { listProfiles, readWholeProfile, viewProfile } from './read-operations.ts'
export type { Attribute, Profile, ProfileDocument, ProfileSummary, Requirement, ShownEntry } from './schemas.ts'
export { attributeName, attributeSchema, requirementSchema } from './schemas.ts'
export { unseal, unsealReadable } from './sealing.ts'
export type { StoredEntry } from './store.ts'
