import type { CodesOf } from '#kernel/errors.ts'
import { defineErrors } from '#kernel/errors.ts'

export const tenantError = defineErrors({
  tenant_exists: { kind: 'conflict', message: 'A tenant of this id exists already.' },
})
export type TenantErrorCode = CodesOf<typeof tenantError>
