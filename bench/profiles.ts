/** Profile creations a second beside bare durable inserts of the same row. */
import { queryAsOwner } from '#test/support/owner-query.ts'
import { profileAttributes } from '#test/support/prepared-client.ts'
import type { LoadRequest, Standing } from './load.ts'
import { runContest } from './load.ts'
import type { Measured } from './processes.ts'
import type { Stage } from './stage.ts'
import { signIn } from './stage.ts'
import type { Outcome } from './throughput.ts'
import { lineOf } from './throughput.ts'

/** POST of a profile by a client's token: values checked, row with its search words, audit event and domain event, durable. */
export async function measureProfiles(stage: Stage, server: Measured): Promise<Outcome> {
  const client = await createClient(server)
  await queryAsOwner(
    stage.database,
    'create table bench_profiles (like profiles including defaults including identity including indexes including constraints)',
  )
  const insert = await stage.launchPeer('profiles', { PEER_CLIENT: client.id })
  const attributes = {
    ...profileAttributes(),
    monthly_income: '2500',
    monthly_charges: '400',
    lastname: 'Durand-[<id>]',
  }
  const body = JSON.stringify({ attributes, externalReference: 'REF-[<id>]' })
  const post = (path: string, headers: Record<string, string> = {}): LoadRequest[] => [
    { method: 'POST', path, headers: { 'content-type': 'application/json', ...headers }, body },
  ]
  const contestants = [
    {
      name: 'POST a profile, audited',
      server,
      requests: post('/api/v1/profiles/', { authorization: `Bearer ${client.access}` }),
    },
    { name: 'Fastify, the same row, pool.query', server: insert, requests: post('/plain') },
    { name: 'Fastify, the same row, prepared', server: insert, requests: post('/prepared') },
  ].map((one) => ({ ...one, uniqueBodies: true }))
  const standings = await runContest(stage.generator, contestants, stage.options)
  await insert.stop()
  const [ours, plain, prepared] = standings as [Standing, Standing, Standing]
  return { standings, lines: [lineOf(ours, plain), lineOf(ours, prepared), lineOf(plain), lineOf(prepared)] }
}

/** A client of the tenant with a token bought with its key. */
async function createClient(server: Measured): Promise<{ id: string; access: string }> {
  const made = await post<{ id: string; api_key: string }>(server, '/api/v1/clients/', {
    body: { name: `Partner, ${Date.now()}` },
    token: await signIn(server),
  })
  const { access } = await post<{ access: string }>(server, '/api/v1/auth/token/', { body: { apiKey: made.api_key } })
  return { id: made.id, access }
}

async function post<T>(server: Measured, path: string, request: { body: object; token?: string }): Promise<T> {
  const answer = await fetch(server.url + path, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(request.token ? { authorization: `Bearer ${request.token}` } : {}),
    },
    body: JSON.stringify(request.body),
  })
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
  return ((await answer.json()) as { data: T }).data
}
