export type { AccessErrorCode } from './errors.ts'
export { permissionsHeldBy, readGrants, requireCovered } from './grants.ts'
export type { Role } from './operations.ts'
export { createRole, deleteRole, listRoles, updateRole } from './operations.ts'
export {
  administratorRole,
  clientPermissions,
  covers,
  isBuiltInRole,
  ownerRole,
  permissions,
  permissionsOfRoles,
  roles,
} from './permissions.ts'
