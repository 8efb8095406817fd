/**
 * What files are compared with: a bare Fastify without sign-in, isolation, encryption, hash or audit.
 *   POST /null       multipart/form-data, read and thrown away
 *   POST /rows       the same, stored as rows of 256 KiB, one durable insert each; answers {"id"}
 *   GET  /rows/:id   these rows, one select each
 */
import { Readable } from 'node:stream'
import multipart from '@fastify/multipart'
import Fastify from 'fastify'
import pg from 'pg'

const chunkBytes = 256 * 1024
const pool = new pg.Pool({ connectionString: process.env.PEER_DATABASE_URL, max: 8 })
const app = Fastify()
await app.register(multipart, { limits: { fileSize: 1024 ** 3 } })
app.get('/ready', () => 'ready')

app.post('/null', async (request) => {
  let size = 0
  for await (const part of request.parts()) {
    if (part.type !== 'file') continue
    for await (const bytes of part.file) size += (bytes as Buffer).length
  }
  return { size }
})

let files = 0

app.post('/rows', async (request) => {
  const id = ++files
  let [number, filled] = [0, 0]
  const chunk = Buffer.alloc(chunkBytes)
  const insert = () =>
    pool.query({
      name: 'insert',
      text: 'insert into bench_chunks values ($1, $2, $3)',
      values: [id, number++, chunk.subarray(0, filled)],
    })
  for await (const part of request.parts()) {
    if (part.type !== 'file') continue
    for await (const bytes of part.file as AsyncIterable<Buffer>) {
      for (let offset = 0; offset < bytes.length; ) {
        const copied = bytes.copy(chunk, filled, offset)
        filled += copied
        offset += copied
        if (filled < chunkBytes) continue
        await insert()
        filled = 0
      }
    }
  }
  if (filled > 0) await insert()
  return { id }
})

async function* rowsOf(id: string): AsyncGenerator<Buffer> {
  for (let number = 0; ; number++) {
    const text = 'select content from bench_chunks where file = $1 and number = $2'
    const found = await pool.query<{ content: Buffer }>({ name: 'select', text, values: [id, number] })
    const row = found.rows[0]
    if (!row) return
    yield row.content
  }
}

app.get<{ Params: { id: string } }>('/rows/:id', (request, reply) =>
  reply.type('application/pdf').send(Readable.from(rowsOf(request.params.id))),
)

await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' })
process.once('SIGTERM', () => void app.close().then(() => pool.end()))
