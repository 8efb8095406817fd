export type { Permission } from './permissions.ts'
export { clientPermissions, isRole, permissions, permissionsOfRoles, roles } from './permissions.ts'
