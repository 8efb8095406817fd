/** One PostgreSQL, a receiver and a worker as processes of their own, and what fills the queue. */
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { createClient } from '#features/clients/index.ts'
import { createWebhook } from '#features/webhooks/index.ts'
import { generateFernetKey } from '#kernel/fernet.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import { ensureFirstAdministrator, firstTenant } from '#src/bootstrap.ts'
import { readConfig } from '#src/config.ts'
import type { Runtime } from '#src/runtime.ts'
import { openRuntime } from '#src/runtime.ts'
import { createTestDatabase } from '#test/support/postgres.ts'
import type { Arrivals } from './webhook-receiver.ts'

const repository = path.join(import.meta.dirname, '..')
const silent = { debug() {}, info() {}, warn() {}, error() {} }
const as = {
  actor: { kind: 'system', tenantId: firstTenant, name: 'bench' },
  origin: { requestId: 'bench', ipAddress: null, userAgent: null, via: 'bench' },
} as const

export type Ports = { receiver: number; silent: number; closed: number }

export class WebhookStage {
  readonly runtime: Runtime
  readonly owner: pg.Client
  readonly ports: Ports
  readonly workerPid: number
  readonly #receiver: ChildProcess
  readonly #worker: ChildProcess
  readonly #close: () => Promise<void>

  private constructor(parts: {
    runtime: Runtime
    owner: pg.Client
    ports: Ports
    receiver: ChildProcess
    worker: ChildProcess
    close: () => Promise<void>
  }) {
    this.runtime = parts.runtime
    this.owner = parts.owner
    this.ports = parts.ports
    this.#receiver = parts.receiver
    this.#worker = parts.worker
    this.workerPid = parts.worker.pid ?? 0
    this.#close = parts.close
  }

  static async open(): Promise<WebhookStage> {
    const directory = await mkdtemp(path.join(os.tmpdir(), 'clientele-bench-'))
    const database = await createTestDatabase()
    const env = {
      DATABASE_URL: database.applicationUrl,
      DATABASE_OWNER_URL: database.ownerUrl,
      CLIENTELE_DATA_DIR: directory,
      CLIENTELE_MASTER_KEYS: generateFernetKey(),
      CLIENTELE_ADMIN_PASSWORD: 'bench-horse-battery',
      CLIENTELE_OUTBOUND_ALLOW: '127.0.0.1',
      LOG_LEVEL: 'error',
    }
    const runtime = await openRuntime(readConfig(env), silent, { migrate: false })
    await ensureFirstAdministrator(runtime)
    const owner = new pg.Client(database.owner)
    await owner.connect()
    const receiver = spawnNode(['bench/webhook-receiver.ts'], {})
    const ports = JSON.parse(await firstLine(receiver)) as Ports
    const worker = spawnNode(['src/main.ts', 'worker'], env)
    await firstLine(worker)
    return new WebhookStage({
      runtime,
      owner,
      ports,
      receiver,
      worker,
      close: async () => {
        await runtime.close()
        await owner.end()
        await database.drop()
        await rm(directory, { recursive: true, force: true })
      },
    })
  }

  async close(): Promise<void> {
    for (const child of [this.#worker, this.#receiver]) {
      child.kill()
      if (child.exitCode === null) await once(child, 'exit')
    }
    await this.#close()
  }

  /** A client with an endpoint each; paused, so that what is queued for them waits. */
  async addPausedEndpoints(urls: readonly string[]): Promise<number[]> {
    const pks: number[] = []
    for (const url of urls) {
      const { uid } = await runForResult(
        this.runtime.services,
        createClient,
        { name: `Bench ${url} ${Math.random()}` },
        as,
      )
      const { webhook } = await runForResult(this.runtime.services, createWebhook, { clientUid: uid, url }, as)
      pks.push(webhook.pk)
    }
    await this.setStatus(pks, 'paused')
    return pks
  }

  async setStatus(pks: readonly number[], status: 'paused' | 'enabled'): Promise<void> {
    await this.owner.query('update webhook_endpoints set status = $2, failing_since = null where pk = any($1)', [
      pks,
      status,
    ])
  }

  /** So many events for each of these endpoints' clients, through the outbox as all events. */
  async queue(pks: readonly number[], each: number): Promise<void> {
    await this.owner.query(
      `insert into domain_events (tenant_id, id, type, client_id, data)
       select e.tenant_id, gen_random_uuid(), 'client.updated', e.client_id,
              jsonb_build_object('uid', e.client_id, 'fields', jsonb_build_array('description', 'name'), 'number', n)
         from generate_series(1, $2::integer) n cross join webhook_endpoints e where e.pk = any($1)`,
      [pks, each],
    )
    await this.owner.query('analyze webhook_queue; analyze webhook_deliveries; analyze domain_events')
  }

  async forgetQueue(): Promise<void> {
    await this.owner.query('delete from webhook_queue')
  }

  async arrivals(): Promise<Arrivals> {
    return (await (await fetch(`http://127.0.0.1:${this.ports.receiver}/arrivals`)).json()) as Arrivals
  }

  async reset(): Promise<void> {
    await fetch(`http://127.0.0.1:${this.ports.receiver}/reset`)
  }

  async waitForArrivals(count: number): Promise<Arrivals> {
    for (;;) {
      const arrivals = await this.arrivals()
      if (arrivals.different >= count) return arrivals
      await delay(50)
    }
  }
}

function spawnNode(args: string[], env: Record<string, string>): ChildProcess {
  return spawn(process.execPath, args, {
    cwd: repository,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error('the process has no output')
  let text = ''
  for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
    text += String(chunk)
    if (text.includes('\n')) break
  }
  child.stdout.resume()
  return text.split('\n')[0] ?? ''
}
