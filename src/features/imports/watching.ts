/** An import as it moves on, for who watches it live. */
import { setTimeout as delay } from 'node:timers/promises'
import { defineOperation } from '#platform/operations/operation.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import { importError } from './errors.ts'
import { viewImport } from './operations.ts'
import type { ImportView } from './schemas.ts'
import { importId } from './schemas.ts'
import { findImport } from './store.ts'

const lookEveryMs = 500
/** Nothing new for so long: the watcher is told that the connection lives. */
const quietMs = 15_000
/** Then he connects again. */
const longestMs = 30 * 60_000

const hasEnded = ({ status }: ImportView) => status !== 'queued' && status !== 'processing'

export const watchImport = defineOperation({
  name: 'import.watch',
  summary: 'Shows an import live, until it has ended.',
  level: 'account',
  permission: 'import:view',
  effect: 'read',
  input: importId,
  run: async ({ tx, tenantId, services, actor, origin }, input) => {
    const first = await findImport(tx, tenantId, input.importId)
    if (!first) throw importError('import_not_found')
    /** null: nothing new. Asked as the caller each time: who may no longer look sees no more. */
    async function* views(): AsyncGenerator<ImportView | null> {
      const until = performance.now() + longestMs
      let last = first as ImportView
      let toldAtMs = performance.now()
      yield last
      while (!hasEnded(last) && performance.now() < until) {
        await delay(lookEveryMs)
        const now = await runForResult(services, viewImport, input, { actor, origin })
        if (
          now.rowsRead !== last.rowsRead ||
          now.status !== last.status ||
          now.cancelRequested !== last.cancelRequested
        ) {
          last = now
          toldAtMs = performance.now()
          yield now
        } else if (performance.now() - toldAtMs > quietMs) {
          toldAtMs = performance.now()
          yield null
        }
      }
    }
    return { views }
  },
})
