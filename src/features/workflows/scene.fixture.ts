/** What the tests of executions have in common: people, a receiver of calls, and short words for what they do. */
import { once } from 'node:events'
import type { IncomingHttpHeaders } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Answer } from '#test/support/app.ts'
import type { Credentials } from '#test/support/identity.ts'
import { createUser, signInAs } from '#test/support/identity.ts'
import type { Running } from './workflow.fixture.ts'
import { startRunning, until } from './workflow.fixture.ts'

export type Person = Credentials & { id: string; token: string }
export type Step = {
  action_id: string
  status: string
  attempt: number
  outcome: Record<string, unknown> | null
  error: string | null
}
export type Execution = {
  id: string
  status: string
  error: string | null
  current_action: string | null
  version: number
  action_results: Step[]
}
export type Call = {
  key: string
  attempt: string
  body: Record<string, unknown>
  raw: string
  headers: IncomingHttpHeaders
}

/** Keeps what it was sent, and answers what is next in `answers`, else 200. */
async function startReceiver() {
  const calls: Call[] = []
  const answers: number[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const raw = Buffer.concat(chunks).toString()
      const body = JSON.parse(raw) as Record<string, unknown>
      const { headers } = request
      const header = (name: string) => String(request.headers[name])
      calls.push({ key: header('idempotency-key'), attempt: header('x-workflow-attempt'), body, raw, headers })
      response.writeHead(answers.shift() ?? 200, { 'content-type': 'application/json' }).end('{"accepted":true}')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { calls, answers, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, server }
}

export type Scene = Running & {
  admin: string
  anna: Person
  boris: Person
  clara: Person
  calls: Call[]
  answers: number[]
  url: string
  create(definition: object): Promise<string>
  start(id: string, variables?: object): Promise<string>
  execution(id: string): Promise<Execution>
  reaches(id: string, ...statuses: string[]): Promise<Execution>
  hurry(id: string): Promise<unknown>
  pendingOf(token: string, executionId: string): Promise<string | undefined>
  decide(token: string, id: string, approved?: boolean): Promise<Answer>
  close(): Promise<void>
}

export async function startScene(): Promise<Scene> {
  const ends: (() => unknown)[] = []
  const running = await startRunning({ after: (end) => ends.push(end) })
  const { server, ...receiver } = await startReceiver()
  const admin = (await signInAs(running.app)).access_token
  const person = async (role: string): Promise<Person> => {
    const user = await createUser(running.app, [role], admin)
    return { ...user, token: (await signInAs(running.app, user)).access_token }
  }
  const execution = (id: string) => running.ask<Execution>(admin, 'GET', `/workflows/executions/${id}`)
  return {
    ...running,
    ...receiver,
    admin,
    anna: await person('approver'),
    boris: await person('approver'),
    clara: await person('viewer'),
    create: async (definition) => {
      const body = { definition: { triggers: ['manual'], ...definition }, activate: true }
      return (await running.ask<{ id: string }>(admin, 'POST', '/workflows', body)).id
    },
    start: async (id, variables = {}) => {
      const body = { input_variables: variables }
      return (await running.ask<{ execution_id: string }>(admin, 'POST', `/workflows/${id}/trigger`, body)).execution_id
    },
    execution,
    reaches: (id, ...statuses) =>
      until(statuses.join(' or '), async () => {
        const now = await execution(id)
        return statuses.includes(now.status) ? now : null
      }),
    /** As if the time it waits for had come; a call under way is left alone, or it would count as lost. */
    hurry: (id) =>
      running.query(
        `update workflow_executions set due_at = now(), wait_until = now()
          where id = $1 and status in ('waiting', 'retrying')`,
        [id],
      ),
    pendingOf: async (token, executionId) => {
      type Pending = { approvals: { id: string; execution_id: string }[] }
      const { approvals } = await running.ask<Pending>(token, 'GET', '/workflows/approvals/pending')
      return approvals.find((one) => one.execution_id === executionId)?.id
    },
    decide: (token, id, approved = true) =>
      running.answer(token, 'POST', `/workflows/approvals/${id}/decide`, { approved }),
    close: async () => {
      for (const end of ends) await end()
      server.close()
    },
  }
}
