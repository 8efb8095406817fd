import type { CodesOf } from '#kernel/errors.ts'
import { defineErrors } from '#kernel/errors.ts'

export const auditError = defineErrors({
  audit_event_not_found: { kind: 'not_found', message: 'There is no such event in the audit log.' },
  audit_context_invalid: {
    kind: 'invalid',
    message: 'The context holds what cannot be kept: at most 8192 bytes of JSON, text without null characters.',
  },
  audit_cursor_invalid: { kind: 'invalid', message: 'The cursor is not one that a list has given.' },
  audit_forwarding_not_found: { kind: 'not_found', message: 'There is no such forwarding.' },
  audit_forwarding_limit_reached: { kind: 'conflict', message: 'There are ten forwardings already: delete one first.' },
  audit_forwarding_invalid: { kind: 'invalid', message: 'The forwarding does not fit: see the details.' },
})
export type AuditErrorCode = CodesOf<typeof auditError>
