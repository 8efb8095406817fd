import assert from 'node:assert/strict'
import { createHmac, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { Webhook } from 'standardwebhooks'
import { endpointKey, renderBody, secretPrefix, signedHeaders, textKey } from './message.ts'

const publicUrl = 'https://api.example.com'
const occurredAt = new Date('2026-11-22T12:00:00.123Z')
const newSecret = () => `${secretPrefix}${randomBytes(32).toString('base64')}`
const event = (type: string, data: Record<string, unknown>) => ({
  ...{ id: '0192f0c0-0000-7000-8000-000000000000', type, clientUid: null, data, sequence: 7, occurredAt },
})

test('whatever the data, every valid secret verifies the message, and no other does', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.string({ minLength: 1, unit: 'grapheme' }),
      (data, clientSecret) => {
        const secrets = [newSecret(), newSecret()]
        const raw = renderBody(event('profile.created', data), publicUrl)
        const timestamp = Math.floor(Date.now() / 1000)
        const keys = { secrets: secrets.map(endpointKey), clientKey: textKey(clientSecret) }
        const headers = signedHeaders('msg', timestamp, Buffer.from(raw), keys)
        for (const secret of secrets) assert.deepEqual(new Webhook(secret).verify(raw, headers), JSON.parse(raw))
        assert.throws(() => new Webhook(newSecret()).verify(raw, headers))
        assert.throws(() => new Webhook(secrets[0] as string).verify(`${raw} `, headers))
        const expected = createHmac('sha256', clientSecret).update(raw, 'utf8').digest('hex')
        assert.equal(headers['x-webhook-signature'], `sha256=${expected}`)
      },
    ),
    { numRuns: 50 },
  )
})

test('a message says what happened in the words of both formats', () => {
  const body = JSON.parse(renderBody(event('profile.created', { pk: 12, status: 'draft' }), publicUrl))
  assert.deepEqual(body, {
    id: '0192f0c0-0000-7000-8000-000000000000',
    type: 'profile.created',
    event_type: 'profile.created',
    timestamp: '2026-11-22T12:00:00.123Z',
    sequence: 7,
    client_uid: null,
    object: { type: 'profile', id: 12 },
    api: 'https://api.example.com/api/v1/profiles/12/',
    data: { pk: 12, status: 'draft' },
  })
})

test('the object is the pk, uid or id of the data, and an unknown kind of object has no address', () => {
  const objectOf = (type: string, data: Record<string, unknown>) => {
    const { object, api } = JSON.parse(renderBody(event(type, data), publicUrl))
    return [object, api]
  }
  assert.deepEqual(objectOf('client.pdp_config.updated', { uid: 'u-1' }), [
    { type: 'client', id: 'u-1' },
    'https://api.example.com/api/v1/clients/u-1',
  ])
  assert.deepEqual(objectOf('import.finished', { id: 'imp_1' }), [{ type: 'import', id: 'imp_1' }, null])
  assert.deepEqual(objectOf('something.happened', {}), [null, null])
  assert.deepEqual(objectOf('something.happened', { id: { nested: true } }), [null, null])
})
