/**
 * Golden exchanges: the published documents' own examples as JSON files, replayed in order over HTTP. An answer must have
 * the recorded status and exactly the recorded body; only what differs from run to run stands there as a matcher:
 *
 *   "<uuid>"           any value of that kind (see `kinds`)
 *   "<api_key:key>"    the same, remembered under a name
 *   "{{key}}"          what was remembered, or a variable of the test, in a request or an answer
 *
 * A body is either JSON, or text that is sent as it stands in the document.
 */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import type { Config } from '#src/config.ts'
import type { TestApp } from './app.ts'
import { adminPassword, firstAdministrator, startTestApp } from './app.ts'

type Json = null | boolean | number | string | Json[] | { [name: string]: Json }

type Exchange = {
  title: string
  request: { method: string; path: string; headers?: Record<string, string>; body?: Json; text?: string }
  response: { status: number; headers?: Record<string, string>; body: Json }
}

export type GoldenFile = {
  /** Section of the document that shows it. */
  source: string
  /** What the recorded exchange has that the document does not, and why. */
  notes?: string[]
  /** A client of the first tenant to begin with; its uid is {{uid}}, a client-level token {{token}}. */
  needsClient?: boolean
  exchanges: Exchange[]
}

const kinds: Record<string, RegExp> = {
  uuid: /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/,
  moment: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/,
  meta_timestamp: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/,
  micro_moment: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/,
  seconds: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/,
  api_key: /^sk_test_[0-9A-Za-z]{49}$/,
  access_token: /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/,
  refresh_token: /^rt_[\w-]{43}$/,
  session_id: /^sess_[0-7][0-9a-hjkmnp-tv-z]{25}$/,
  webhook_secret: /^[0-9a-f]{64}$/,
  event_id: /^evt_[0-7][0-9a-hjkmnp-tv-z]{25}$/,
  sha256: /^[0-9a-f]{64}$/,
  endpoint_secret: /^whsec_[A-Za-z0-9+/]{43}=$/,
  base32: /^[A-Z2-7]{32}$/,
  png_data_url: /^data:image\/png;base64,[A-Za-z0-9+/]+=*$/,
  backup_code: /^[A-Z2-9]{4}-[A-Z2-9]{4}-[A-Z2-9]{4}$/,
  integer: /^\d+$/,
  text: /\S/,
}

const matcher = /^<(\w+)(?::(\w+))?>$/

/** One test per golden file of the folder, each against an application of its own. */
export function replayGoldenFiles(folder: URL, options: { config?: Partial<Config> } = {}): void {
  for (const name of readdirSync(folder).filter((one) => one.endsWith('.json'))) {
    const golden = JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as GoldenFile
    test(`answers as recorded: ${path.basename(name, '.json')} (${golden.source})`, async (t) => {
      const app = await startTestApp(options)
      t.after(() => app.close())
      const variables = new Map([
        ['username', firstAdministrator],
        ['password', adminPassword],
        ['accountToken', await app.signIn()],
      ])
      if (golden.needsClient) {
        const uid = await app.createClient('Golden client')
        variables.set('uid', uid).set('token', await app.signIn(uid))
      }
      for (const exchange of golden.exchanges) await replay(app, exchange, variables)
    })
  }
}

async function replay(app: TestApp, { title, request, response }: Exchange, variables: Map<string, string>) {
  const text = request.text ?? (request.body === undefined ? undefined : JSON.stringify(request.body))
  const headers = Object.entries(request.headers ?? {}).map(([name, value]) => [
    name.toLowerCase(),
    fill(value, variables),
  ])
  const answer = await app.request(fill(request.path, variables), {
    method: request.method,
    headers: Object.fromEntries(headers) as Record<string, string>,
    ...(text === undefined ? {} : { raw: fill(text, variables) }),
  })
  assert.equal(answer.status, response.status, `${title}: ${answer.text}`)
  for (const [name, value] of Object.entries(response.headers ?? {})) {
    assert.equal(answer.headers.get(name), fill(value, variables), `${title}: header ${name}`)
  }
  const actual = answer.body as Json
  assert.deepEqual(actual, expectedFrom(response.body, actual, variables), title)
}

/** The recorded value with matchers that fit replaced by the actual value: deepEqual then shows the rest side by side. */
function expectedFrom(expected: Json, actual: Json | undefined, variables: Map<string, string>): Json {
  if (Array.isArray(expected)) {
    const items = Array.isArray(actual) ? actual : []
    return expected.map((one, index) => expectedFrom(one, items[index], variables))
  }
  if (typeof expected === 'object' && expected !== null) {
    const members = typeof actual === 'object' && actual !== null && !Array.isArray(actual) ? actual : {}
    return Object.fromEntries(
      Object.entries(expected).map(([name, value]) => [name, expectedFrom(value, members[name], variables)]),
    )
  }
  if (typeof expected !== 'string') return expected
  const [, kind, name] = matcher.exec(expected) ?? []
  if (kind === undefined) return fill(expected, variables)
  const pattern = kinds[kind]
  if (!pattern) throw new Error(`no matcher is called ${kind}`)
  const isScalar = typeof actual === 'string' || (kind === 'integer' && typeof actual === 'number')
  if (!isScalar || !pattern.test(String(actual))) return expected
  if (name !== undefined) variables.set(name, String(actual))
  return actual
}

function fill(text: string, variables: Map<string, string>): string {
  return text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const value = variables.get(name)
    if (value === undefined) throw new Error(`nothing is remembered as ${name}`)
    return value
  })
}
