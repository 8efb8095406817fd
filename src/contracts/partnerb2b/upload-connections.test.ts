/** Connections and scanners that fail while a file comes: nothing of it stays, and the others go on. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import type { TestContext } from 'node:test'
import { after, before, describe, test } from 'node:test'
import { eicar, startTestScanner } from '#platform/files/clamd.fixture.ts'
import { partsOf } from '#test/support/form.ts'
import { queryAsOwner } from '#test/support/owner-query.ts'
import { rawRequest } from '#test/support/raw-http.ts'
import type { Partner } from './upload.fixture.ts'
import { attribute, countFiles, file, good, noFile, pdf, startPartner, upload } from './upload.fixture.ts'

let partner: Partner
before(async () => {
  partner = await startPartner()
})
after(() => partner.app.close())

describe('a connection', () => {
  async function connection(
    t: TestContext,
  ): Promise<{ socket: net.Socket; answers: () => string; ended: Promise<void> }> {
    const { hostname, port } = new URL(partner.app.url)
    const socket = net.connect(Number(port), hostname)
    t.after(() => socket.destroy())
    await once(socket, 'connect')
    let received = ''
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1')
    })
    socket.on('error', () => {})
    const ended = new Promise<void>((resolve) => {
      socket.once('close', () => resolve())
    })
    return { socket, answers: () => received, ended }
  }

  /** Announces so many bytes, and has these of them. */
  function request(body: Buffer, headers: Record<string, string> = {}): Buffer {
    const length = { 'content-length': String(body.length) }
    const kept = { connection: 'keep-alive', 'content-type': good.type, ...length, ...headers }
    return Buffer.concat([rawRequest('POST', partner.address, kept), body])
  }

  async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
    const deadline = Date.now() + 20_000
    while (!(await condition())) {
      assert.ok(Date.now() < deadline, 'it did not come to that within 20 s')
      await new Promise(setImmediate)
    }
  }

  test('carries the next request after a form that was refused in its middle', async (t) => {
    const { socket, answers } = await connection(t)
    const wrong = partsOf([{ ...file, name: 'other', content: pdf(500_000) }, attribute, file])
    const headers = { 'x-api-key': partner.apiKey }
    socket.write(request(wrong.body, headers))
    await until(() => answers().includes(noFile.replaceAll('"', '\\"')))
    socket.write(request(good.body, headers))
    await until(() => answers().includes('HTTP/1.1 201'))
    assert.equal(answers().match(/HTTP\/1\.1/g)?.length, 2)
  })

  test('of a caller without a credential is not read for a file', async (t) => {
    const before = await countFiles(partner)
    const { socket, answers } = await connection(t)
    socket.write(request(good.body.subarray(0, 200), { 'content-length': '100000' }))
    await until(() => answers().includes('HTTP/1.1 401'))
    assert.equal(await countFiles(partner), before)
  })

  test('ends where a refused body has no end', async (t) => {
    const { socket, answers, ended } = await connection(t)
    const wrong = partsOf([{ ...file, name: 'other' }]).body
    const headers = { 'x-api-key': partner.apiKey, 'content-type': good.type, 'transfer-encoding': 'chunked' }
    socket.write(rawRequest('POST', partner.address, { connection: 'keep-alive', ...headers }))
    socket.write(`${wrong.length.toString(16)}\r\n`)
    socket.write(wrong)
    socket.write('\r\n')
    await until(() => answers().startsWith('HTTP/1.1 400'))
    const flood = setInterval(() => socket.write(`10000\r\n${' '.repeat(65_536)}\r\n`), 1)
    t.after(() => clearInterval(flood))
    await ended
  })

  test('that breaks in the middle of a file leaves nothing', async (t) => {
    const before = await countFiles(partner)
    const { socket } = await connection(t)
    const { body } = partsOf([attribute, { ...file, content: pdf(900_000) }])
    const length = String(body.length)
    socket.write(request(body.subarray(0, 700_000), { 'x-api-key': partner.apiKey, 'content-length': length }))
    await until(async () => (await countFiles(partner)) > before)
    socket.destroy()
    await until(async () => (await countFiles(partner)) === before)
  })
})

describe('with a virus scanner', () => {
  test('an infected file is refused and recorded, and nothing of it stays', async (t) => {
    const scanner = await startTestScanner()
    t.after(() => scanner.stop())
    const scanned = await startPartner({ config: { virusScanner: scanner.address } })
    t.after(() => scanned.app.close())
    const clean = await upload(scanned, good.body, good.type)
    assert.equal((clean.body as { data: { status: string } }).data.status, 'clean', clean.text)

    const infected = partsOf([{ ...file, content: `%PDF-1.7\n${eicar}` }, attribute])
    const answer = await upload(scanned, infected.body, infected.type)
    assert.equal(answer.status, 400)
    const { error }: { error: { message: string } } = answer.body
    assert.equal(
      error.message,
      'The virus scanner found something in this file, so it was not taken: send a clean copy.',
    )
    assert.equal(await countFiles(scanned), 1)
    const events = await queryAsOwner(
      scanned.app.database,
      `select category, severity, context->>'signature' as signature from audit_events where action = 'file.infected'`,
    )
    assert.deepEqual(events, [{ category: 'security', severity: 'warning', signature: 'Eicar-Test-Signature' }])
  })

  test('that does not answer no file is taken: 503, and when to try again', async (t) => {
    const scanner = await startTestScanner()
    const scanned = await startPartner({ config: { virusScanner: scanner.address } })
    t.after(() => scanned.app.close())
    await scanner.stop()
    const answer = await upload(scanned, good.body, good.type)
    assert.equal(answer.status, 503)
    assert.equal(answer.headers.get('retry-after'), '30')
    assert.equal(await countFiles(scanned), 0)
  })
})
