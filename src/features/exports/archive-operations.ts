/** Archives: everything about one person, everything of the tenant. Always by a job. */
import { Type } from 'typebox'
import { requireSubject, subjectInput } from '#features/personal-data/index.ts'
import { newId } from '#kernel/ids.ts'
import { describeActor } from '#platform/operations/actor.ts'
import type { AuditFields, OperationContext } from '#platform/operations/operation.ts'
import { defineOperation } from '#platform/operations/operation.ts'
import { exportQueue } from './running.ts'
import type { ArchiveType, Export, PersonRequest } from './schemas.ts'
import { insertExport } from './store.ts'

export const archivePermission = 'personal-data:export'

type Asked = { entityType: ArchiveType; asked: PersonRequest | Record<string, never>; name: string }

async function askFor(context: OperationContext, { entityType, asked, name }: Asked): Promise<Export> {
  const { tx, tenantId, actor, services, now } = context
  const id = newId('exp')
  const [day = ''] = now.toISOString().split('T')
  const created = await insertExport(tx, tenantId, {
    id,
    request: { entityType, format: 'zip', asked },
    requestedBy: describeActor(actor),
    fileName: `${name}-${day}.zip`,
    made: null,
    now,
  })
  await services.jobs.enqueue(tx, exportQueue, { tenantId, exportId: id })
  return created
}

const audited = (created: Export, description: string, target: AuditFields['target']): AuditFields => ({
  category: 'compliance',
  severity: 'critical',
  description,
  ...(target ? { target } : {}),
  context: { export: created.id },
})

export const createPersonExport = defineOperation({
  name: 'personal-data.export',
  summary: 'Exports everything about a user, a customer or the person of a profile, by a job.',
  level: 'account',
  permission: archivePermission,
  effect: 'write',
  limit: 'transfer',
  input: subjectInput,
  run: async (context, { subjectType, subjectId }) => {
    await requireSubject(context, { type: subjectType, id: subjectId })
    const asked = { subjectType, subjectId }
    return askFor(context, { entityType: 'person', asked, name: subjectType })
  },
  audit: ({ subjectType, subjectId }, created) =>
    audited(created, 'Export of everything about a person asked for', { type: subjectType, id: subjectId }),
})

export const createTenantExport = defineOperation({
  name: 'personal-data.export-tenant',
  summary: 'Exports everything of the tenant but secrets, by a job.',
  level: 'account',
  permission: archivePermission,
  effect: 'write',
  limit: 'transfer',
  input: Type.Object({}),
  needsStepUp: () => true,
  run: (context) => askFor(context, { entityType: 'tenant', asked: {}, name: context.tenantId }),
  audit: (_input, created) => audited(created, 'Export of the whole tenant asked for', undefined),
})
