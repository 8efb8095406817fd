import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import { describe, it } from 'node:test'
import pg from 'pg'
import { WireMessages } from './wire-messages.ts'

type Values = (string | Buffer | null)[]
type Batch = readonly (readonly [name: string, text: string, values: Values])[]

/** What node-postgres writes for the same statements. */
function writtenByNodePostgres(batch: Batch): Buffer {
  const written: Buffer[] = []
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      written.push(chunk)
      done()
    },
  })
  const connection = new pg.Connection({ stream: stream as never })
  for (const [name, text, values] of batch) {
    connection.parse({ name, text, types: [] }, true)
    connection.describe({ type: 'S', name }, true)
    connection.bind({ statement: name, values }, true)
    connection.execute({}, true)
  }
  connection.sync()
  return Buffer.concat(written)
}

function gathered(messages: WireMessages, batch: Batch): Buffer {
  for (const [name, text, values] of batch) {
    messages.parse(name, text)
    messages.describeStatement(name)
    messages.bind(name, values)
    messages.execute()
  }
  messages.sync()
  return messages.take()
}

const batches: Record<string, Batch> = {
  'no statement': [],
  'statements without values': [['', 'select 1', []]],
  'text, nothing, and bytes': [['c1', 'select $1, $2, $3, $4', ['é€😀', null, Buffer.from([0, 255, 7]), '']]],
  'half a surrogate pair, which becomes a replacement character': [['c2', 'select $1', ['\ud83d']]],
  'more than was set aside': [
    ['c3', `select $1 -- ${'ü'.repeat(9000)}`, ['€'.repeat(20_000), Buffer.alloc(100_000, 1)]],
    ['c4', 'select $1', ['behind it']],
  ],
  'many values': [['c5', 'select 1', Array.from({ length: 4_000 }, (_, i) => (i % 3 === 0 ? null : String(i)))]],
}

describe('messages of a batch', () => {
  for (const [what, batch] of Object.entries(batches)) {
    it(`are byte for byte those of node-postgres: ${what}`, () => {
      assert.ok(gathered(new WireMessages(), batch).equals(writtenByNodePostgres(batch)))
    })
  }

  it('stay as they were given away, whatever is gathered after them', () => {
    const messages = new WireMessages()
    const all = Object.values(batches)
    const given = all.map((batch) => gathered(messages, batch))
    assert.deepEqual(given, all.map(writtenByNodePostgres))
  })

  it('take no more memory for a long text than it has bytes', () => {
    const given = gathered(new WireMessages(), [['', 'select $1', ['x'.repeat(1_000_000)]]])
    assert.ok(given.buffer.byteLength < 1_100_000, String(given.buffer.byteLength))
  })

  it('begin anew where those before were never taken', () => {
    const messages = new WireMessages()
    messages.bind('lost', ['a secret'])
    messages.clear()
    assert.ok(
      gathered(messages, batches['many values'] as Batch).equals(
        writtenByNodePostgres(batches['many values'] as Batch),
      ),
    )
  })
})
