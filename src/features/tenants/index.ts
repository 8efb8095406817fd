export type { TenantErrorCode } from './errors.ts'
export {
  createTenant,
  insertSelfRegisteredTenant,
  reactivateTenant,
  suspendTenant,
  updateTenant,
  viewTenant,
} from './operations.ts'
export type { Tenant } from './store.ts'
