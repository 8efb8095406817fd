/**
 * What we are compared with: a bare Fastify as people write one, without sign-in, isolation, audit or logging.
 *   peer.ts json      GET  /json           the JSON of PEER_BODY, without a database
 *   peer.ts select    GET  /plain/:uid     the select of our GET, by pool.query
 *                     GET  /prepared/:uid  the same as a named (prepared) statement
 *   peer.ts insert    POST /plain          one durable insert, by pool.query
 *                     POST /prepared       the same as a named statement
 */
import type { FastifyInstance } from 'fastify'
import Fastify from 'fastify'
import pg from 'pg'

type ClientRow = {
  id: string
  name: string
  siret: string | null
  description: string | null
  is_active: boolean
  pdp_is_active?: boolean | null
  pdp_is_sandbox?: boolean | null
  has_chorus?: boolean
  created_at: Date
  updated_at: Date
}

const tenantId = process.env.PEER_TENANT

/** The statement that our GET of one client sends (src/features/clients/store.ts, findClient). */
const selectClient = `
  select c.id, c.name, c.description, c.siret, c.is_active, c.created_at, c.updated_at,
         p.is_active as pdp_is_active, p.mode_sandbox as pdp_is_sandbox, h.client_id is not null as has_chorus
    from clients c
    left join client_credentials p on p.tenant_id = c.tenant_id and p.client_id = c.id and p.kind = 'pdp'
    left join client_credentials h on h.tenant_id = c.tenant_id and h.client_id = c.id and h.kind = 'chorus'
   where c.tenant_id = $1 and c.id = $2`

const insertClient = `
  insert into bench_clients (tenant_id, id, name, description, siret) values ($1, gen_random_uuid(), $2, $3, $4)
  returning id, name, description, siret, is_active, created_at, updated_at`

function present(row: ClientRow | undefined) {
  if (!row) throw new Error('no such client')
  return {
    uid: row.id,
    name: row.name,
    siret: row.siret,
    description: row.description,
    isActive: row.is_active,
    hasConfigPdp: (row.pdp_is_active ?? null) !== null,
    pdpIsActive: row.pdp_is_active ?? null,
    pdpIsMock: row.pdp_is_sandbox ?? null,
    hasConfigChorus: row.has_chorus ?? false,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  }
}

function serveJson(app: FastifyInstance): void {
  const body = JSON.parse(process.env.PEER_BODY ?? '{}') as object
  app.get('/json', () => body)
}

function serveSelect(app: FastifyInstance, pool: pg.Pool): void {
  app.get<{ Params: { uid: string } }>('/plain/:uid', async ({ params }) => {
    const found = await pool.query<ClientRow>(selectClient, [tenantId, params.uid])
    return present(found.rows[0])
  })
  app.get<{ Params: { uid: string } }>('/prepared/:uid', async ({ params }) => {
    const found = await pool.query<ClientRow>({
      name: 'select-client',
      text: selectClient,
      values: [tenantId, params.uid],
    })
    return present(found.rows[0])
  })
}

type NewClient = { name: string; description?: string; siret?: string }

function serveInsert(app: FastifyInstance, pool: pg.Pool): void {
  const valuesOf = (body: NewClient) => [tenantId, body.name, body.description ?? null, body.siret ?? null]
  app.post<{ Body: NewClient }>('/plain', async ({ body }, reply) => {
    const made = await pool.query<ClientRow>(insertClient, valuesOf(body))
    return reply.code(201).send(present(made.rows[0]))
  })
  app.post<{ Body: NewClient }>('/prepared', async ({ body }, reply) => {
    const made = await pool.query<ClientRow>({ name: 'insert-client', text: insertClient, values: valuesOf(body) })
    return reply.code(201).send(present(made.rows[0]))
  })
}

const [kind] = process.argv.slice(2)
const app = Fastify()
const pool = new pg.Pool({ connectionString: process.env.PEER_DATABASE_URL, max: 16 })
app.get('/ready', () => 'ready')
if (kind === 'json') serveJson(app)
if (kind === 'select') serveSelect(app, pool)
if (kind === 'insert') serveInsert(app, pool)
await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' })
process.once('SIGTERM', () => void app.close().then(() => pool.end()))
