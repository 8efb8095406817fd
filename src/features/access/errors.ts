import type { CodesOf } from '#kernel/errors.ts'
import { defineErrors } from '#kernel/errors.ts'

export const accessError = defineErrors({
  role_not_found: { kind: 'not_found', message: 'Role not found' },
  role_name_taken: { kind: 'conflict', message: 'A role of this name exists already.' },
  role_built_in: { kind: 'conflict', message: 'Built-in roles cannot be changed: create a role of your own.' },
  role_in_use: {
    kind: 'conflict',
    message: 'Users or invitations still have this role: give them another one before you delete it.',
  },
  permission_unknown: { kind: 'invalid', message: 'A permission is not known.' },
  role_exceeds_own: { kind: 'forbidden', message: 'A role cannot give permissions that you do not have yourself.' },
})
export type AccessErrorCode = CodesOf<typeof accessError>
