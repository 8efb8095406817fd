/** Mixed work through the load balancer, by clients that send a request once more when it failed, and no third time. */
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { formOf } from '../support/form.ts'
import type { Answered, Asked, Cluster } from './cluster.fixture.ts'

export type NodeLoad = {
  /** Answers that were a success, at once or the second time. */
  succeeded(): number
  /** Requests that had to be sent twice. */
  retried(): number
  /** What one retry did not mend. */
  failures: string[]
  /** Names of clients whose creation was acknowledged. */
  created: Set<string>
  /** Ids of imports that were accepted. */
  imports: string[]
  stop(): Promise<void>
}

const connections = 6
const rowsOfAnImport = 20
/** Between two requests of a connection: processes that start beside the load need the processor too. */
const breatherMs = 15
/** Before a request is sent again. */
const pauseMs = 500
/** Every so many turns of a connection it sends a file. */
const importEvery = 25

export const importedRows = rowsOfAnImport

const isUnderWay = (answer: Answered | Error) =>
  !(answer instanceof Error) && answer.status === 409 && answer.text.includes('idempotency_in_progress')

export function startLoad(cluster: Cluster, token: string): NodeLoad {
  const failures: string[] = []
  const created = new Set<string>()
  const imports: string[] = []
  let [running, succeeded, retried, number] = [true, 0, 0, 0]
  /** Of this load alone. */
  const mark = randomUUID().slice(0, 8)

  async function once(path: string, options: Asked): Promise<Answered | Error> {
    try {
      const answer = await cluster.ask('all', path, { token, ...options })
      return answer.status >= 500 ? new Error(`${answer.status} ${answer.text.slice(0, 300)}`) : answer
    } catch (error) {
      return error as Error
    }
  }

  /** Writes carry a key by which a second try is known for the same. */
  async function ask<Body>(path: string, options: Asked = {}): Promise<Body | null> {
    await delay(breatherMs)
    const isWrite = options.method === 'POST'
    const sent = isWrite ? { ...options, headers: { ...options.headers, 'idempotency-key': randomUUID() } } : options
    let answer = await once(path, sent)
    if (answer instanceof Error) {
      retried++
      await delay(pauseMs)
      answer = await once(path, sent)
    }
    // The process that had it may live: whoever asks is told to wait until that is known.
    for (const end = Date.now() + 90_000; isUnderWay(answer) && Date.now() < end; ) {
      await delay(pauseMs)
      answer = await once(path, sent)
    }
    if (answer instanceof Error || answer.status >= 300) {
      const why = answer instanceof Error ? answer.message : `${answer.status} ${answer.text.slice(0, 300)}`
      failures.push(`${options.method ?? 'GET'} ${path}: ${why}`)
      return null
    }
    succeeded++
    return answer.body
  }

  let files = 0
  async function importFile(): Promise<void> {
    const file = ++files
    const lines = Array.from({ length: rowsOfAnImport }, (_, row) => `${mark}F${file}R${row};Customer ${row}\n`)
    const form = formOf({}, { file: Buffer.from(`code;nom\n${lines.join('')}`) })
    const preview = await ask<{ file_id: string }>('/api/v1/import/preview', {
      method: 'POST',
      raw: form.body,
      headers: { 'content-type': form.type },
    })
    if (!preview) return
    const body = { file_id: preview.file_id, template_id: 'client_import', options: { on_existing: 'refuse' } }
    const asked = await ask<{ import_id: string }>('/api/v1/import/execute', { method: 'POST', body })
    if (asked) imports.push(asked.import_id)
  }

  async function work(): Promise<void> {
    for (let turn = 1; running; turn++) {
      const name = `Load ${mark} ${++number}`
      const made = await ask<{ uid: string }>('/api/v1/clients', { method: 'POST', body: { name } })
      if (!made) continue
      created.add(name)
      await ask(`/api/v1/clients/${made.uid}`)
      await ask(`/api/v1/clients/${made.uid}`, { method: 'PATCH', body: { description: name } })
      await ask('/api/v1/clients?pageSize=5')
      await ask('/api/v1/auth/me')
      if (turn % importEvery === 1) await importFile()
    }
  }
  const working = Array.from({ length: connections }, work)
  return {
    succeeded: () => succeeded,
    retried: () => retried,
    failures,
    created,
    imports,
    stop: async () => {
      running = false
      await Promise.all(working)
    },
  }
}
