/**
 * What the creation of a profile is compared with: a bare Fastify that inserts the same row into a table with the same
 * columns and indexes, without sign-in, isolation, checks of the values, audit or events.
 *   POST /plain      one durable insert, by pool.query
 *   POST /prepared   the same as a named statement
 */
import Fastify from 'fastify'
import pg from 'pg'

type Body = { attributes: Record<string, string>; externalReference: string }

const insertProfile = `
  insert into bench_profiles (tenant_id, client_id, external_reference, catalogue_version, attributes, search)
  values ($1, $2, $3, 0, $4, array_to_tsvector($5::text[])) returning pk, status, created_at`

function valuesOf({ attributes, externalReference }: Body): unknown[] {
  const entries = Object.entries(attributes).map(([name, value]) => ({ name, value }))
  // As many words as ours finds in the same names.
  const words = [attributes.lastname, attributes.firstname, externalReference, 'example', 'com', 'phone'].flatMap(
    (word) => [`tenant:${word}`, `client:${word}`],
  )
  return [process.env.PEER_TENANT, process.env.PEER_CLIENT, externalReference, JSON.stringify(entries), words]
}

const app = Fastify()
const pool = new pg.Pool({ connectionString: process.env.PEER_DATABASE_URL, max: 16 })
app.get('/ready', () => 'ready')
app.post<{ Body: Body }>('/plain', async ({ body }, reply) => {
  const made = await pool.query<{ pk: string }>(insertProfile, valuesOf(body))
  return reply.code(201).send(made.rows[0])
})
app.post<{ Body: Body }>('/prepared', async ({ body }, reply) => {
  const made = await pool.query<{ pk: string }>({ name: 'insert-profile', text: insertProfile, values: valuesOf(body) })
  return reply.code(201).send(made.rows[0])
})
await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' })
process.once('SIGTERM', () => void app.close().then(() => pool.end()))
