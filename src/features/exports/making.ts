/** A file of an export, made in the store; nothing owns it yet. */
import { fecContentOf } from '#features/fec/index.ts'
import { personContent, tenantContent } from '#features/personal-data/index.ts'
import { ZipTooLargeError } from '#kernel/zip.ts'
import type { Database } from '#platform/db/database.ts'
import type { Statement } from '#platform/db/statement-batch.ts'
import type { Services } from '#platform/operations/services.ts'
import type { Progress } from './content.ts'
import { exportContent } from './content.ts'
import { exportError } from './errors.ts'
import { fileLifeMs } from './rules.ts'
import type { CheckedRequest, Export, FecRequest, PersonRequest } from './schemas.ts'
import type { MadeFile } from './store.ts'

export type Wanted = { entityType: string; request: Export['request'] }
export type Making = {
  /** What rows are read from: the primary, or a replica of it. Files are read from, and written to, the primary. */
  database: Database
  tenantId: string
  entrance: Statement
  progress: Progress
  counts: boolean
  /** After every piece; what it throws ends the making. */
  watch?: () => Promise<void>
}

/** Beyond it a download takes hours, and so does the disk. */
const mostBytes = 64 * 1024 ** 3

/** @throws export_too_large, export_character_unwritable, fec_refused, or what `watch` throws */
export async function makeFile(services: Services, making: Making, { entityType, request }: Wanted): Promise<MadeFile> {
  const { tenantId, progress } = making
  const content = contentOf(services, making, { entityType, request })
  // A workbook is compressed already, and so is an archive.
  const isPacked = ['person', 'tenant'].includes(entityType) || ('format' in request && request.format === 'excel')
  const compresses = !isPacked
  const file = await services.files
    .write(tenantId, watched(content, making.watch), { maxBytes: mostBytes, isOwn: true, compresses })
    .catch((error: unknown) => {
      if (!(error instanceof ZipTooLargeError) && (error as { code?: unknown }).code !== 'body_too_large') throw error
      throw exportError('export_too_large', { cause: error })
    })
  return {
    fileId: file.id,
    size: file.size,
    rows: Math.max(0, progress.written),
    expiresAt: new Date(services.clock.now().getTime() + fileLifeMs),
  }
}

function contentOf(services: Services, making: Making, { entityType, request }: Wanted): AsyncIterable<Buffer> {
  const { database, tenantId, entrance, progress, counts } = making
  if (entityType === 'person') {
    const { subjectType: type, subjectId: id } = request as PersonRequest
    return personContent(services, { database, tenantId, subject: { type, id }, progress })
  }
  if (entityType === 'tenant') return tenantContent(services, { database, tenantId, progress })
  const source = { database, entrance, tenantId, progress, counts }
  return entityType === 'fec'
    ? fecContentOf(source, request as FecRequest)
    : exportContent(source, request as CheckedRequest)
}

async function* watched(content: AsyncIterable<Buffer>, watch: (() => Promise<void>) | undefined) {
  for await (const piece of content) {
    await watch?.()
    yield piece
  }
}

/** So many at a time in a process; each holds a connection to read and one to write. */
export class Turns {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(atOnce: number) {
    this.#free = atOnce
  }

  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#free += 1
    }
  }
}
