import type { CodesOf } from '#kernel/errors.ts'
import { defineErrors } from '#kernel/errors.ts'

export const tenantError = defineErrors({
  tenant_exists: { kind: 'conflict', message: 'A tenant of this id exists already.' },
  tenant_being_erased: {
    kind: 'conflict',
    message: 'The erasure of this tenant has begun: it cannot be let in again.',
  },
})
export type TenantErrorCode = CodesOf<typeof tenantError>
