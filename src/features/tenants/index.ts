export type { TenantErrorCode } from './errors.ts'
export { createTenant, insertSelfRegisteredTenant, updateTenant, viewTenant } from './operations.ts'
export type { Tenant } from './store.ts'
