import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isMailAddress } from './address-syntax.ts'
import type { MailProvider } from './index.ts'
import { joinMailSecrets, splitMailSecrets, validateMailConfig } from './index.ts'

const sender = { from_email: 'noreply@example.com', from_name: 'My Application' }
const valid: Record<MailProvider, Record<string, unknown>> = {
  smtp: { host: 'smtp.example.com', port: 587, username: 'u', password: 'p', use_tls: true, ...sender },
  mailgun: { api_key: 'key-1', domain: 'mg.example.com', region: 'eu', ...sender },
  sendgrid: { api_key: 'SG.1', ...sender },
  postmark: { server_token: 't-1', message_stream: 'outbound', ...sender },
  ses: { region: 'eu-west-1', access_key_id: 'AKIAIOSFODNN7EXAMPLE', secret_access_key: 's/+', ...sender },
}
const secretFields: Record<MailProvider, string> = {
  smtp: 'password',
  mailgun: 'api_key',
  sendgrid: 'api_key',
  postmark: 'server_token',
  ses: 'secret_access_key',
}
const providers = Object.keys(valid) as MailProvider[]

function problem(provider: MailProvider, change: Record<string, unknown>): string {
  const check = validateMailConfig(provider, { ...valid[provider], ...change })
  return check.ok ? 'ok' : `${check.field}: ${check.fault.message}`
}

test('accepts a full configuration of each provider, and one without the optional fields', () => {
  for (const provider of providers) {
    assert.deepEqual(validateMailConfig(provider, valid[provider]), {
      ok: true,
      value: { provider, config: valid[provider] },
    })
    assert.equal(problem(provider, { from_name: undefined }), 'ok')
  }
  const { host, port, use_tls, from_email } = valid.smtp
  const minimal = { host, port, use_tls, from_email }
  const withNulls = { ...minimal, username: null, password: null, from_name: null }
  assert.deepEqual(validateMailConfig('smtp', withNulls), { ok: true, value: { provider: 'smtp', config: minimal } })
})

test('names the provider, the field and what is wrong with it', () => {
  assert.deepEqual(validateMailConfig('smtp', { ...valid.smtp, host: 'bad host!' }), {
    ok: false,
    field: 'host',
    fault: { code: 'mail_host', message: 'Invalid hostname', parameters: {} },
    summary: 'Invalid SMTP configuration',
  })
  const summaries = providers.map((provider) => {
    const check = validateMailConfig(provider, {})
    return check.ok ? '' : check.summary
  })
  assert.deepEqual(summaries, [
    'Invalid SMTP configuration',
    'Invalid Mailgun configuration',
    'Invalid SendGrid configuration',
    'Invalid Postmark configuration',
    'Invalid Amazon SES configuration',
  ])
  for (const provider of ['', 'SMTP', 'toString', '__proto__', 'constructor']) {
    const check = validateMailConfig(provider, {})
    assert.ok(!check.ok && check.field === 'provider' && check.summary === 'Invalid email configuration', provider)
  }
})

test('asks for every required field and refuses unknown ones by name', () => {
  const optional = ['from_name', 'smtp.username', 'smtp.password', 'mailgun.region', 'postmark.message_stream']
  for (const provider of providers) {
    for (const field of Object.keys(valid[provider])) {
      const isOptional = optional.includes(field) || optional.includes(`${provider}.${field}`)
      if (!isOptional) assert.equal(problem(provider, { [field]: undefined }), `${field}: Required`)
    }
    assert.equal(problem(provider, { port_number: 1 }), 'port_number: Unknown field')
  }
  assert.equal(problem('smtp', { api_key: 'x' }), 'api_key: Unknown field')
  for (const config of [null, undefined, 'text', 7, [], [1]]) {
    const check = validateMailConfig('smtp', config)
    assert.ok(!check.ok && check.field === 'config')
  }
})

test('an SMTP user name and password come together or not at all', () => {
  assert.equal(problem('smtp', { password: null }), 'password: Required together with username')
  assert.equal(problem('smtp', { username: undefined }), 'username: Required together with password')
  assert.equal(problem('smtp', { username: null, password: null }), 'ok')
})

test('checks host names, and tells them from misspelt IP addresses', () => {
  for (const host of [
    'localhost',
    'mail',
    'SMTP.Example.com',
    'a-b.example',
    '10.0.0.1',
    '::1',
    '1and1.com',
    'xn--bcher-kva.de',
  ]) {
    assert.equal(problem('smtp', { host }), 'ok', host)
  }
  const long = `${'a'.repeat(64)}.com`
  const bad = [
    '',
    ' ',
    'bad host!',
    '-a.com',
    'a-.com',
    'a..b',
    '.a',
    'a.',
    'http://a.com',
    'a.com:25',
    '[::1]',
    'bücher.de',
  ]
  for (const host of [
    ...bad,
    long,
    '1.2.3',
    '256.1.1.1',
    '2130706433',
    '0x7f.1',
    'a_b.com',
    'a\n.com',
    'a.com\n',
    7,
    {},
  ]) {
    assert.equal(problem('smtp', { host }), 'host: Invalid hostname', JSON.stringify(host))
  }
  for (const domain of ['mg', '10.0.0.1', 'mg.example.com/x', '../v3', 'mg.example.com?']) {
    assert.equal(problem('mailgun', { domain }), 'domain: Invalid domain', domain)
  }
})

test('checks ports, switches, regions, keys and lengths', () => {
  for (const port of [0, 65_536, -1, 25.5, Number.NaN, '587', null]) assert.notEqual(problem('smtp', { port }), 'ok')
  for (const port of [1, 25, 465, 65_535]) assert.equal(problem('smtp', { port }), 'ok')
  assert.equal(problem('smtp', { use_tls: 'true' }), 'use_tls: Must be true or false')
  assert.equal(problem('mailgun', { region: 'EU' }), 'region: Must be "us" or "eu"')
  for (const region of ['us-east-1', 'us-gov-west-1', 'ap-southeast-3', 'me-central-1', 'il-central-1']) {
    assert.equal(problem('ses', { region }), 'ok', region)
  }
  for (const region of ['', 'eu', 'eu-west', 'EU-WEST-1', 'eu-west-1.evil.com', 'eu-west-1/', 'x@eu-west-1']) {
    assert.equal(problem('ses', { region }), 'region: Invalid AWS region', region)
  }
  assert.equal(problem('ses', { access_key_id: 'short' }), 'access_key_id: Invalid access key ID')
  assert.equal(problem('postmark', { message_stream: 'Out bound' }), 'message_stream: Invalid message stream')
  assert.match(problem('sendgrid', { api_key: 'a b' }), /^api_key: Must consist of visible ASCII/)
  assert.match(problem('sendgrid', { api_key: '' }), /^api_key: Must have 1 to 512/)
  assert.match(problem('smtp', { password: 'x'.repeat(1025) }), /^password: Must have 1 to 1024/)
  assert.match(problem('smtp', { from_name: '' }), /^from_name: Must have 1 to 128/)
})

test('refuses line breaks and control characters in every text field', () => {
  const evil = (value: unknown) => `${String(value)}\r\nRCPT TO:<x@y.z>`
  for (const provider of providers) {
    for (const [field, value] of Object.entries(valid[provider])) {
      if (typeof value === 'string')
        assert.match(problem(provider, { [field]: evil(value) }), new RegExp(`^${field}: `))
    }
  }
  for (const character of ['\0', '\t', '\x7f', '\u0085', '\u2028']) {
    assert.match(problem('smtp', { from_name: `a${character}b` }), /control characters/)
  }
})

test('accepts the e-mail addresses in use and refuses the rest', () => {
  const good = [
    'a@b.de',
    'first.last+tag@sub.example.co.uk',
    "o'neil@example.com",
    '1@example.com',
    'a@xn--bcher-kva.de',
  ]
  for (const address of [...good, `${'a'.repeat(64)}@example.com`]) assert.ok(isMailAddress(address), address)
  const bad = [
    '',
    'a',
    '@b.de',
    'a@',
    'a@b',
    'a@b..de',
    '.a@b.de',
    'a.@b.de',
    'a..b@c.de',
    'a b@c.de',
    'a@b.de ',
    'a@b_c.de',
  ]
  const long = [`${'a'.repeat(65)}@example.com`, `a@${'b.'.repeat(130)}de`]
  for (const address of [
    ...bad,
    ...long,
    'a@[127.0.0.1]',
    '"a b"@c.de',
    'a@1.2.3.4',
    'ä@b.de',
    'a@b@c.de',
    'a,b@c.de',
  ]) {
    assert.ok(!isMailAddress(address), address)
  }
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => !isMailAddress(text) || /^[\x21-\x7e]+$/.test(text)))
})

test('takes exactly the secret out of a configuration, and puts it back', () => {
  for (const provider of providers) {
    const check = validateMailConfig(provider, valid[provider])
    assert.ok(check.ok)
    const { settings, secrets } = splitMailSecrets(check.value)
    assert.deepEqual(Object.keys(secrets), [secretFields[provider]])
    assert.ok(!JSON.stringify(settings).includes(JSON.stringify(secrets[secretFields[provider]])))
    assert.deepEqual(joinMailSecrets(settings, secrets), check.value)
  }
  const broken = () => joinMailSecrets({ provider: 'sendgrid', config: sender }, { api_key: 'top\nsecret' })
  assert.throws(broken, (error: Error) => /api_key/.test(error.message) && !/secret/.test(error.message))
  assert.throws(() => joinMailSecrets({ provider: 'sendgrid', config: sender }, {}), /api_key: Required/)
})
