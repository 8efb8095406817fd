/** What the link at the foot of an e-mail does, for whoever holds it. */
import { Type } from 'typebox'
import { definePhasedOperation } from '#platform/operations/operation.ts'
import { addSuppression } from './delivery-store.ts'
import { notificationError } from './errors.ts'
import { linkKey } from './link-key.ts'
import { readUnsubscribe } from './unsubscribe-link.ts'

export const unsubscribe = definePhasedOperation({
  name: 'notification.unsubscribe',
  summary: 'Ends e-mails of one category to one address, by the signed link that each of them holds.',
  level: 'public',
  permission: null,
  effect: 'write',
  input: Type.Object({ token: Type.String({ maxLength: 1024 }) }),
  prepare: async () => ({}),
  perform: async ({ services }, input) => {
    const claim = readUnsubscribe(await linkKey(services), input.token)
    if (!claim) throw notificationError('notification_link_invalid')
    return claim
  },
  run: async (context, _input, { tenantId, addressKey, category }) => {
    await context.enterTenant(tenantId)
    await addSuppression(context.tx, tenantId, { addressKey, category, reason: 'unsubscribe', source: 'link' })
    return { category }
  },
  audit: (_input, { category }) => ({
    category: 'configuration',
    description: 'Unsubscribed from e-mails by their link',
    context: { category },
  }),
})
