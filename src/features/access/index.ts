export { clientPermissions, isRole, permissions, permissionsOfRoles, roles } from './permissions.ts'
