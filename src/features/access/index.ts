export type { AccessErrorCode } from './errors.ts'
export type { Permission } from './permissions.ts'
export { clientPermissions, permissions, permissionsOfRoles, roles } from './permissions.ts'
