import { Type } from 'typebox'
import { covers, permissionsHeldBy, readGrants } from '#features/access/index.ts'
import { tellOfChange } from '#features/users/index.ts'
import { defineOperation } from '#platform/operations/operation.ts'
import { mfaError } from './errors.ts'
import { turnOff } from './operations.ts'
import { deleteAllPasskeys } from './passkey-store.ts'
import * as store from './store.ts'

export const resetMfa = defineOperation({
  name: 'user.reset-mfa',
  summary: "Takes all second factors of a user who has lost them away, and ends the user's sessions.",
  level: 'account',
  permission: 'user:reset-password',
  effect: 'write',
  input: Type.Object({ userId: Type.String({ maxLength: 64 }) }),
  needsStepUp: () => true,
  run: async (context, input) => {
    const { tx, tenantId, actor, now } = context
    const owner = { tenantId, userId: input.userId }
    const user = await store.findAndLockFactors(tx, owner)
    if (!user) throw mfaError('mfa_user_not_found')
    const { permissions } = await readGrants(tx, tenantId, user.roles)
    if (!covers(permissionsHeldBy(actor), permissions)) throw mfaError('mfa_user_above_caller')
    await store.deleteTotp(tx, owner)
    await deleteAllPasskeys(tx, owner)
    await turnOff(context, owner)
    // Whoever has the lost device may have a session on it.
    await store.endSessions(tx, owner, 'mfa_reset', now)
    await tellOfChange(context, input.userId, 'mfa_reset')
    return { userId: input.userId }
  },
  audit: (_input, result) => ({
    category: 'security',
    severity: 'critical',
    action: 'mfa_disabled',
    description: 'All second factors taken away by an administrator; all sessions ended',
    target: { type: 'user', id: result.userId },
  }),
})
