import assert from 'node:assert/strict'
import { test } from 'node:test'
import { generateFernetKey } from '#kernel/fernet.ts'
import { ConfigError, readConfig, unknownSettings } from './config.ts'
import { settings } from './settings.ts'

test('takes the defaults that the table of settings tells', () => {
  const config = readConfig({})
  assert.equal(String(config.port), settings.PORT.fallback)
  assert.equal(config.host, settings.HOST.fallback)
  assert.equal(config.dataDir, settings.CLIENTELE_DATA_DIR.fallback)
  assert.equal(config.publicUrl, 'http://localhost:8000')
  assert.equal(config.selfRegistration, 'open')
  assert.equal(config.databaseUrl, null)
})

test('reads no variable that is not in the table of settings', () => {
  const read = new Set<string>()
  const recording = new Proxy<Record<string, string>>(
    { NODE_ENV: 'production', CLIENTELE_MASTER_KEYS: generateFernetKey() },
    {
      get: (target, name) => {
        read.add(String(name))
        return target[String(name)]
      },
    },
  )
  readConfig(recording)
  assert.deepEqual([...read].sort(), Object.keys(settings).sort())
})

test('treats a variable that is empty or blank as absent', () => {
  assert.deepEqual(readConfig({ PORT: '', DATABASE_URL: '  ', CLIENTELE_MASTER_KEYS: ' ' }), readConfig({}))
})

const refused: [name: string, value: string][] = [
  ['PORT', '80.5'],
  ['PORT', '65536'],
  ['CLIENTELE_DATABASE_POOL', '1'],
  ['LOG_LEVEL', 'loud'],
  ['CLIENTELE_SELF_REGISTRATION', 'maybe'],
  ['CLIENTELE_PUBLIC_URL', 'ftp://example.com'],
  ['CLIENTELE_MAIL_ENDPOINTS', '{'],
  ['CLIENTELE_MAIL_ENDPOINTS', '{"pigeon": "https://mail.example.com"}'],
  ['CLIENTELE_MAIL_ENDPOINTS', '{"ses": "mail.example.com"}'],
  ['CLIENTELE_TRUST_PROXY', '10.0.0.7, banana'],
  ['CLIENTELE_OUTBOUND_ALLOW', '10.0.0.0/99'],
  ['CLIENTELE_SMTP_CA', '/etc/ssl/ca.pem'],
  ['CLIENTELE_MAIL', 'smtp'],
  ['CLIENTELE_MAIL', '{"provider": "pigeon", "config": {}}'],
  ['CLIENTELE_AUDIT_FORWARD', 'siem.example.com'],
  ['CLIENTELE_AUDIT_FORWARD', '{"kind": "syslog", "host": ""}'],
]
for (const [name, value] of refused) {
  test(`refuses ${name}=${value} by its name`, () => {
    assert.throws(
      () => readConfig({ [name]: value }),
      (error) => error instanceof ConfigError && error.message.startsWith(name),
    )
  })
}

test('takes networks and the names that Fastify knows as proxies', () => {
  const proxies = ['loopback', '10.0.0.7', '172.30.0.0/24', '::1', 'fd00::/8']
  assert.deepEqual(readConfig({ CLIENTELE_TRUST_PROXY: proxies.join(', ') }).trustProxy, proxies)
})

test('names variables that look like settings and are none', () => {
  const env = { CLIENTELE_MASTER_KEY: 'x', CLIENTELE_MASTER_KEYS: '', CLIENTELE_DATADIR: '/data', PATH: '/bin' }
  assert.deepEqual(unknownSettings(env), ['CLIENTELE_MASTER_KEY', 'CLIENTELE_DATADIR'])
})

test('replicas need a primary that DATABASE_URL names', () => {
  const replica = 'postgresql://replica.example:5432'
  assert.throws(
    () => readConfig({ DATABASE_REPLICA_URL: replica }),
    /^ConfigError: DATABASE_REPLICA_URL needs DATABASE_URL/,
  )
  const given = { DATABASE_URL: 'postgresql://u@primary.example/c', DATABASE_REPLICA_URL: replica }
  assert.equal(readConfig(given).databaseReplicaUrl, replica)
  assert.throws(
    () => readConfig({ ...given, DATABASE_REPLICA_URL: 'http://u:hunter2@x' }),
    (error: Error) => /^DATABASE_REPLICA_URL must be/.test(error.message) && !error.message.includes('hunter2'),
  )
})

test('names a database URL, master key or mail provider that cannot be used, and never shows it', () => {
  const secret = 'hunter2hunter2'
  for (const [name, value] of [
    ['DATABASE_URL', `mysql://root:${secret}@db/x`],
    ['CLIENTELE_MASTER_KEYS', `${generateFernetKey()},${secret}`],
    ['CLIENTELE_MAIL', `{"provider": "sendgrid", "config": {"api_key": "${secret}"`],
    ['CLIENTELE_MAIL', `{"provider": "sendgrid", "config": {"api_key": ["${secret}"]}}`],
    ['CLIENTELE_AUDIT_FORWARD', `{"kind": "webhook", "url": "https://siem.example.com", "secret": "${secret}"}`],
  ] as const) {
    assert.throws(
      () => readConfig({ [name]: value }),
      (error) => error instanceof ConfigError && error.message.includes(name) && !error.message.includes(secret),
    )
  }
})

test('asks for master keys in production, where the others have stricter defaults', () => {
  assert.throws(() => readConfig({ NODE_ENV: 'production' }), /CLIENTELE_MASTER_KEYS is required in production/)
  const config = readConfig({ NODE_ENV: 'production', CLIENTELE_MASTER_KEYS: generateFernetKey() })
  assert.equal(config.selfRegistration, 'closed')
  assert.equal(config.isProduction, true)
})

test('takes a virus scanner by host and port or by its socket, and names the setting that is neither', () => {
  assert.equal(readConfig({}).virusScanner, null)
  assert.deepEqual(readConfig({ CLIENTELE_VIRUS_SCAN: 'clamd://scanner' }).virusScanner, {
    host: 'scanner',
    port: 3310,
  })
  assert.deepEqual(readConfig({ CLIENTELE_VIRUS_SCAN: 'unix:/run/clamd.ctl' }).virusScanner, { path: '/run/clamd.ctl' })
  assert.throws(
    () => readConfig({ CLIENTELE_VIRUS_SCAN: 'tcp:scanner' }),
    /^ConfigError: CLIENTELE_VIRUS_SCAN must be clamd/,
  )
  assert.throws(
    () => readConfig({ CLIENTELE_MAX_FILE_BYTES: '10MB' }),
    /^ConfigError: CLIENTELE_MAX_FILE_BYTES must be a whole/,
  )
})
