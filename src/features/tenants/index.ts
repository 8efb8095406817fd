export type { TenantErrorCode } from './errors.ts'
export { createTenant, insertSelfRegisteredTenant } from './operations.ts'
