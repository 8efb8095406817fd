/** The account's secret that calls of workflows to a URL are signed with. */
import { randomBytes } from 'node:crypto'
import { Type } from 'typebox'
import { endpointKey, secretPrefix, standardHeaders } from '#features/webhooks/index.ts'
import { defineOperation } from '#platform/operations/operation.ts'
import type { Services } from '#platform/operations/services.ts'
import * as store from './signing-store.ts'

const hourMs = 3_600_000

export type NewWorkflowSecret = { secret: string; previousValidUntil: Date | null }

export const rotateWorkflowSecret = defineOperation({
  name: 'workflow-secret.rotate',
  summary:
    'Gives the account a new secret that calls of workflows are signed with, shown once; the old one signs beside it for a while.',
  level: 'account',
  permission: 'workflow:manage',
  effect: 'write',
  input: Type.Object({ overlapHours: Type.Integer({ minimum: 0, maximum: 168 }) }),
  run: async ({ tx, tenantId, now, services }, { overlapHours }): Promise<NewWorkflowSecret> => {
    const secret = `${secretPrefix}${randomBytes(32).toString('base64')}`
    const overlapUntil = new Date(now.getTime() + overlapHours * hourMs)
    const ciphertext = services.secrets.encrypt(secret)
    return { secret, previousValidUntil: await store.rotateSecret(tx, tenantId, { ciphertext, now, overlapUntil }) }
  },
  audit: ({ overlapHours }) => ({
    category: 'security',
    description: 'Secret that signs calls of workflows rotated',
    context: { overlap_hours: overlapHours },
  }),
})

export const removeWorkflowSecret = defineOperation({
  name: 'workflow-secret.remove',
  summary: 'Removes the secret that calls of workflows are signed with: they are not signed any more.',
  level: 'account',
  permission: 'workflow:manage',
  effect: 'write',
  input: Type.Object({}),
  run: ({ tx, tenantId }): Promise<boolean> => store.removeSecrets(tx, tenantId),
  audit: (_input, removed) =>
    removed ? { category: 'security', description: 'Secret that signs calls of workflows removed' } : null,
})

/**
 * Headers of a call, signed as webhooks are (Standard Webhooks 1.0.0): the id is the same in each attempt.
 * @throws content_lost when the master key of a secret is gone
 */
export function signatureOf(
  { secrets, clock }: Services,
  { id, body, ciphertexts }: { id: string; body: string; ciphertexts: readonly string[] },
): Record<string, string> {
  if (ciphertexts.length === 0) return {}
  const keys = ciphertexts.map((one) => endpointKey(secrets.decrypt(one).toString()))
  return standardHeaders(id, Math.floor(clock.now().getTime() / 1000), Buffer.from(body), keys)
}
