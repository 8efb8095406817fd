import { Type } from 'typebox'
import { nullable, uuid } from '#kernel/schemas.ts'
import { defineOperation } from '#platform/operations/operation.ts'
import { scoringError } from './errors.ts'
import * as store from './quota-store.ts'

export const viewAnalysisQuota = defineOperation({
  name: 'analysis-quota.view',
  summary: 'Shows how many analyses a client may have, and how many it has had.',
  level: 'client',
  permission: 'analysis:view',
  effect: 'read',
  input: Type.Object({ clientUid: uuid }),
  client: (input) => input.clientUid,
  run: async ({ tx, tenantId }, { clientUid }) => {
    const quota = await store.findQuota(tx, tenantId, clientUid)
    if (!quota) throw scoringError('analysis_client_unknown')
    return quota
  },
})

const limit = Type.Optional(nullable(Type.Integer({ minimum: 0, maximum: 1_000_000_000 })))

export const setAnalysisQuota = defineOperation({
  name: 'analysis-quota.set',
  summary: 'Sets how many analyses a client may have, by calendar month and in total; null or left out: any number.',
  level: 'account',
  permission: 'analysis-quota:manage',
  effect: 'write',
  input: Type.Object({ clientUid: uuid, perMonth: limit, inTotal: limit }),
  run: async ({ tx, tenantId, now }, { clientUid, perMonth, inTotal }) => {
    const isThere = await store.lockClientForQuota(tx, tenantId, clientUid)
    if (!isThere) throw scoringError('analysis_client_unknown')
    await store.saveQuota(tx, tenantId, clientUid, { perMonth: perMonth ?? null, inTotal: inTotal ?? null, now })
    const quota = await store.findQuota(tx, tenantId, clientUid)
    if (!quota) throw scoringError('analysis_client_unknown')
    return quota
  },
  audit: (input) => ({
    category: 'configuration',
    description: 'Quota of analyses set',
    target: { type: 'client', id: input.clientUid },
    context: { per_month: input.perMonth ?? null, in_total: input.inTotal ?? null },
  }),
})
