import { Type } from 'typebox'
import { hashSecret } from '#kernel/api-key.ts'
import { definePhasedOperation } from '#platform/operations/operation.ts'
import { userError } from './errors.ts'
import * as linkStore from './link-store.ts'
import { linkToken } from './schemas.ts'
import * as store from './store.ts'
import { findTenantName } from './tenant-store.ts'

type Viewed = {
  kind: 'invitation' | 'password_reset'
  email: string
  tenantName: string
  /** The name of whoever invited; null: nobody by name, or it is no invitation. */
  invitedBy: string | null
}

export const viewLink = definePhasedOperation({
  name: 'user.view-link',
  summary: 'Tells whoever holds a one-time link what it is good for, as long as it is.',
  level: 'public',
  permission: null,
  effect: 'read',
  input: Type.Object({ token: linkToken }),
  prepare: async ({ tx }, input) => {
    const hash = hashSecret(input.token)
    const [invitation, reset] = await Promise.all([
      linkStore.locateInvitation(tx, hash),
      linkStore.locatePasswordReset(tx, hash),
    ])
    const located = invitation ?? reset
    if (!located) throw userError('one_time_link_invalid')
    return { tenantId: located.tenant_id, isInvitation: invitation !== null }
  },
  perform: async (_work, _input, located) => located,
  run: async (context, input, located): Promise<Viewed> => {
    await context.enterTenant(located.tenantId)
    const { tx, tenantId, now } = context
    const link = { tokenHash: hashSecret(input.token), now }
    const tenantName = await findTenantName(tx, tenantId)
    if (located.isInvitation) {
      const found = await linkStore.findOpenInvitation(tx, tenantId, link)
      if (!found) throw userError('one_time_link_invalid')
      const inviter = found.invitedBy === null ? null : await store.findUser(tx, tenantId, found.invitedBy)
      return { kind: 'invitation', email: found.email, tenantName, invitedBy: inviter?.displayName ?? null }
    }
    const userId = await linkStore.findOpenReset(tx, tenantId, link)
    const user = userId === null ? null : await store.findUser(tx, tenantId, userId)
    if (user?.status !== 'active') throw userError('one_time_link_invalid')
    return { kind: 'password_reset', email: user.email, tenantName, invitedBy: null }
  },
})
