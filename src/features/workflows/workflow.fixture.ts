/** An application in which workflows run: the dispatcher and a worker of the queue, on a database of its own. */
import type { PgBoss } from 'pg-boss'
import { Database } from '#platform/db/database.ts'
import { openQueue } from '#platform/jobs/queue.ts'
import type { Answer, TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import { queryAsOwner } from '#test/support/owner-query.ts'
import type { WorkflowJob } from './index.ts'
import { runWorkflowJob, WorkflowDispatcher, workflowQueue } from './index.ts'

export type Running = {
  app: TestApp
  query<Row extends Record<string, unknown>>(text: string, values?: unknown[]): Promise<Row[]>
  /** Refuses anything but a 2xx. */
  ask<T>(token: string, method: string, path: string, body?: unknown): Promise<T>
  answer(token: string, method: string, path: string, body?: unknown): Promise<Answer>
}

export async function startRunning(t: { after: (end: () => unknown) => unknown }): Promise<Running> {
  const app = await startTestApp({ config: { outboundAllow: ['127.0.0.1'] } })
  const { connection, logger } = app.runtime.queueOptions
  const boss: PgBoss = await openQueue({ connection, logger }, 20)
  await boss.work<WorkflowJob>(
    workflowQueue,
    { pollingIntervalSeconds: 0.5, batchSize: 4, burstWhenBatchFull: true },
    (jobs) => Promise.all(jobs.map((job) => runWorkflowJob(app.runtime.services, job.data))),
  )
  const database = new Database({ connection: app.database.application, poolSize: 1 })
  const dispatcher = new WorkflowDispatcher({ services: app.runtime.services, database })
  t.after(async () => {
    await dispatcher.stop()
    await boss.stop({ graceful: true, timeout: 5_000 })
    await database.end()
    await app.close()
  })
  const answer = (token: string, method: string, path: string, body?: unknown) =>
    app.request(`/api/v1${path}`, { method, token, ...(body === undefined ? {} : { body }) })
  return {
    app,
    query: (text, values) => queryAsOwner(app.database, text, values),
    answer,
    ask: async (token, method, path, body) => {
      const got = await answer(token, method, path, body)
      if (got.status >= 300) throw new Error(`${method} ${path}: ${got.status} ${got.text}`)
      return got.body
    },
  }
}

/** What it gives, as soon as it gives something. */
export async function until<T>(what: string, look: () => Promise<T | null | undefined | false>): Promise<T> {
  const end = Date.now() + 30_000
  for (;;) {
    const found = await look()
    if (found) return found
    if (Date.now() > end) throw new Error(`did not happen: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
