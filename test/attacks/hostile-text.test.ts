/** Text that would be more than text: in logs, in names of files and fields, in templates, expressions and compressed bodies. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import { partsOf } from '#test/support/form.ts'
import type { Outside } from '#test/support/outside.ts'
import { startOutside } from '#test/support/outside.ts'
import type { PreparedClient } from '#test/support/prepared-client.ts'
import { prepareClient, prepareUser, signInAs, statement } from '#test/support/prepared-client.ts'
import { rawRequest, sendRaw } from '#test/support/raw-http.ts'

let app: TestApp
let outside: Outside
let client: PreparedClient
let token: string
before(async () => {
  outside = await startOutside()
  app = await startTestApp({ config: { ...outside.config, logLevel: 'debug' } })
  client = await prepareClient(app, outside)
  token = (await signInAs(app, await prepareUser(app, 'owner'))).access
})
after(async () => {
  await app.close()
  await outside.stop()
})

const prototypeIsClean = () => {
  const plain = {} as Record<string, unknown>
  for (const name of ['polluted', 'isAdmin', 'x']) assert.equal(plain[name], undefined, `Object.prototype.${name}`)
  assert.equal(Object.keys(Object.prototype).length, 0)
}

test('what callers send makes no second line in the log, and no character that a terminal obeys', async () => {
  const evil = '\u001b[2J\u001b]0;owned\u0007\r\n{"level":50,"msg":"forged"}\u0000\u202e\u2028'
  const bytes = Buffer.from(evil)
    .toString('latin1')
    .replace(/[\r\n\0]/g, '?')
  await sendRaw(
    app.url,
    rawRequest('GET', `/api/v1/clients/%1b%5b2J%0d%0a${encodeURIComponent(evil)}`, {
      'user-agent': bytes,
      'x-forwarded-for': bytes,
      'x-request-id': bytes,
      authorization: bytes,
    }),
  )
  await sendRaw(app.url, Buffer.from('GET /\u001b[31m\r\nforged HTTP/1.1\r\n\r\n', 'latin1'))
  for (const username of [evil, `a${evil}@example.com`]) {
    await app.request('/api/token/', { method: 'POST', body: { username, password: evil } })
  }
  await app.request('/api/v1/clients', { method: 'POST', token, body: { name: `n ${evil}` } })
  await app.request(`/api/v1/clients?search=${encodeURIComponent(evil)}`, { token })
  await app.request('/api/v1/audit/events', {
    method: 'POST',
    token,
    body: { category: 'data_access', action: 'view', description: evil },
  })
  assert.ok(app.logs.length > 5)
  for (const line of app.logs) {
    assert.equal(line.indexOf('\n'), line.length - 1, `one line: ${JSON.stringify(line)}`)
    const entry = JSON.parse(line) as { level: number; msg: string }
    assert.notEqual(entry.msg, 'forged')
    const control = Array.from(line.trimEnd()).find((one) => (one.codePointAt(0) ?? 0) < 0x20 || one === '\u007f')
    assert.equal(control, undefined, JSON.stringify(line))
  }
})

test('the name and type that a file comes with are nowhere to be seen when it goes out', async () => {
  const names = [
    '../../etc/passwd',
    'a.pdf.html',
    '\u202efdp.exe',
    'x"; filename="y.html',
    'CON',
    'a\u0000.html',
    'é'.repeat(200),
    '.htaccess',
    '',
  ]
  const types = ['text/html', 'image/svg+xml', 'application/pdf', 'text/html; charset=utf-7', 'x']
  const path = `/api/v1/profiles/${client.profilePk}/documents/`
  let taken = 0
  for (const [i, name] of names.entries()) {
    // A polyglot: the beginning of a PDF, the rest a page with a script.
    const content = Buffer.concat([
      statement(),
      Buffer.from('<html><script>alert(document.domain)</script><svg onload=alert(1)>'),
    ])
    const form = partsOf([
      { name: 'attribute', content: 'bank_statement' },
      { name: 'file', content, fileName: name.replaceAll('"', '%22'), type: types[i % types.length] ?? 'text/html' },
    ])
    const answer = await app.request(path, {
      method: 'POST',
      apiKey: client.apiKey,
      raw: form.body,
      headers: { 'content-type': form.type },
    })
    assert.ok(answer.status < 500, `${JSON.stringify(name)}: ${answer.text}`)
    if (answer.status >= 300) continue
    taken += 1
    const { pk } = (answer.body as { data: { pk: number } }).data
    const file = await app.request(`/api/v1/documents/${pk}/content/`, { apiKey: client.apiKey })
    assert.equal(file.status, 200, file.text)
    assert.equal(file.headers.get('content-type'), 'application/pdf')
    assert.equal(file.headers.get('x-content-type-options'), 'nosniff')
    assert.equal(file.headers.get('content-security-policy'), "default-src 'none'; sandbox")
    const disposition = file.headers.get('content-disposition') ?? ''
    assert.match(disposition, /^attachment; filename="[\w .()-]+\.pdf"$/, JSON.stringify(name))
    assert.ok(!/html|exe|passwd|htaccess/.test(disposition), disposition)
  }
  assert.ok(taken > 3, `${taken} were taken`)
})

test('fields, columns and variables that are called like parts of an object are names like others', async () => {
  const words = [
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'hasOwnProperty',
    '__defineGetter__',
    'constructor[prototype][polluted]',
    '__proto__.polluted',
    '__proto__[polluted]',
  ]
  for (const word of words) {
    const form = partsOf([
      { name: word, content: 'polluted' },
      { name: 'attribute', content: 'bank_statement' },
      { name: 'file', content: statement(), fileName: 'a.pdf', type: 'application/pdf' },
    ])
    const path = `/api/v1/profiles/${client.profilePk}/documents/`
    const upload = await app.request(path, {
      method: 'POST',
      apiKey: client.apiKey,
      raw: form.body,
      headers: { 'content-type': form.type },
    })
    assert.ok(upload.status < 500, `${word}: ${upload.text}`)

    const csv = partsOf([
      { name: 'format', content: 'csv' },
      {
        name: 'file',
        content: `${words.join(';')};nom\n${words.map(() => 'polluted').join(';')};Alpha\n`,
        fileName: 'a.csv',
        type: 'text/csv',
      },
    ])
    const preview = await app.request('/api/v1/import/preview', {
      method: 'POST',
      token,
      raw: csv.body,
      headers: { 'content-type': csv.type },
    })
    assert.equal(preview.status, 200, preview.text)
    for (const column of words)
      assert.ok(preview.text.includes(JSON.stringify(column)), `${column} is a column: ${preview.text}`)

    const definition = { name: 'T', entity_type: 'customers', mappings: [{ source_field: word, target_field: word }] }
    const template = await app.request('/api/v1/import/templates', {
      method: 'POST',
      token,
      body: { id: `own_${words.indexOf(word)}`, ...definition },
    })
    assert.ok(template.status >= 400 && template.status < 500, `${word} is no field of customers: ${template.text}`)

    const query = await app.request(`/api/v1/clients?${encodeURIComponent(word)}=polluted&${word}=polluted`, { token })
    assert.ok(query.status < 500, query.text)
    prototypeIsClean()
  }
})

test('templates and expressions reach no object of ours, and no program', async () => {
  const reaching = [
    'constructor',
    '__proto__',
    'constructor.constructor',
    'toString',
    'process.env',
    'global',
    'this',
    "['constructor']",
  ]
  for (const one of reaching) {
    for (const source of [
      `{{ name.${one} }}`,
      `{{ ${one} }}`,
      `{% assign a = name.${one} %}{{ a }}`,
      `{{ name | ${one} }}`,
      `{% include "${one}" %}`,
    ]) {
      const content = {
        name: 'T',
        category: 'general',
        channels: ['email'],
        variables: [{ name: 'name', example: 'Alpha' }],
        texts: { fr: { title: 'T', body: source } },
      }
      const answer = await app.request('/api/v1/notifications/templates/own_one/preview', {
        method: 'POST',
        token,
        body: { template: content, variables: { name: 'Alpha' } },
      })
      assert.ok(answer.status < 500, `${source}: ${answer.text}`)
      assert.ok(
        !/function|native code|\[object|PATH|HOME/.test(answer.status < 300 ? answer.text : ''),
        `${source}: ${answer.text}`,
      )
    }
    for (const expression of [
      `variables.${one} == null`,
      `variables["${one}"] == null`,
      `"a".${one} == null`,
      `${one}("return process")() == null`,
    ]) {
      const definition = {
        name: 'W',
        triggers: ['manual'],
        variables: [{ name: 'name', type: 'string', default: '' }],
        actions: [{ id: 'a', type: 'condition', expression }],
      }
      const answer = await app.request('/api/v1/workflows/validate', { method: 'POST', token, body: { definition } })
      assert.ok(answer.status < 500, `${expression}: ${answer.text}`)
    }
  }
  prototypeIsClean()
})

test('a compressed body is not unpacked, however small it is and large it would be', async () => {
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, ' '))
  const before = process.memoryUsage().rss
  for (const encoding of ['gzip', 'deflate', 'br', 'zstd', 'gzip, gzip', 'identity, gzip', 'compress']) {
    const answer = await app.request('/api/v1/clients', {
      method: 'POST',
      token,
      raw: bomb,
      headers: { 'content-encoding': encoding },
    })
    assert.ok([400, 413, 415, 422].includes(answer.status), `${encoding}: ${answer.status} ${answer.text}`)
  }
  assert.ok(process.memoryUsage().rss - before < 32 * 1024 * 1024, 'it was unpacked')
})

test('no page can be put into a frame, runs what is written into it, or gives its address away', async () => {
  const pages = [
    '/console/',
    '/console/clients',
    '/docs/',
    '/unsubscribe/a.b',
    '/oauth2/authorize?client_id=unknown',
    '/oauth2/end-session',
    '/oauth2/interaction/unknown',
  ]
  for (const page of pages) {
    const answer = await app.request(page, { headers: { accept: 'text/html' } })
    assert.match(
      answer.headers.get('content-type') ?? '',
      /^text\/html/,
      `${page} is a page: ${answer.status} ${answer.text.slice(0, 200)}`,
    )
    const policy = answer.headers.get('content-security-policy') ?? ''
    assert.match(policy, /frame-ancestors 'none'/, page)
    assert.match(policy, /default-src 'none'/, page)
    assert.equal(answer.headers.get('x-content-type-options'), 'nosniff', page)
    for (const cookie of answer.headers.getSetCookie()) {
      assert.match(cookie, /; httponly/i, `${page}: ${cookie}`)
      assert.match(cookie, /; samesite=(?:strict|lax)/i, `${page}: ${cookie}`)
    }
  }
})
