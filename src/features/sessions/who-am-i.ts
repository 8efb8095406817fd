import { Type } from 'typebox'
import { permissions as allPermissions } from '#features/access/index.ts'
import { everyPermission } from '#platform/operations/actor.ts'
import { defineOperation } from '#platform/operations/operation.ts'
import { sessionError } from './errors.ts'
import { findProfile } from './own-session-store.ts'

export const whoAmI = defineOperation({
  name: 'session.who-am-i',
  summary: 'The caller: user, tenant, roles, permissions, and how the second factor stands.',
  level: 'self',
  permission: null,
  effect: 'quick read',
  input: Type.Object({}),
  inactiveClientMay: true,
  withoutMfaMay: true,
  run: async ({ tx, tenantId, actor }) => {
    if (actor.kind !== 'user') throw sessionError('session_required')
    const profile = await findProfile(tx, tenantId, actor.sessionId)
    if (!profile) throw sessionError('session_required')
    const permissions = actor.permissions.has(everyPermission) ? allPermissions : [...actor.permissions]
    return {
      ...profile,
      userId: actor.userId,
      tenantId,
      sessionId: actor.sessionId,
      clientUid: actor.clientUid,
      permissions: [...permissions].sort(),
    }
  },
})
