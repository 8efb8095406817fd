export type { Permission } from './permissions.ts'
export { clientPermissions, permissions, permissionsOfRoles, roles } from './permissions.ts'
