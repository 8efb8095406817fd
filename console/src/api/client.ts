/** Calls of our own API, typed by its own OpenAPI document; the session travels in a cookie that this code cannot see. */
import createClient from 'openapi-fetch'
import { loadTexts } from '../texts/texts.ts'
import { Problem, problemOf } from './problem.ts'
import type { Paths } from './schema.ts'

const headers = { 'x-clientele-console': '1' }

export const api = createClient<Paths>({ baseUrl: '', headers, credentials: 'same-origin', cache: 'no-store' })

/** The client that a call on "the own client" is about. */
export const onClient = (uid: string) => ({ headers: { 'x-clientele-client': uid } })

/** With the words for it; those for whoever is not signed in are there already. */
export async function refusalOf(response: Response, body: unknown): Promise<Problem> {
  if (response.status !== 401) await loadTexts(['problems']).catch(() => undefined)
  return problemOf(response, body)
}

/** The answer's body. @throws Problem */
export async function ask<Body>(call: Promise<{ data?: Body; error?: unknown; response: Response }>): Promise<Body> {
  const { data, error, response } = await call.catch((cause: unknown) => {
    throw new Problem(0, { code: 'offline', message: String(cause), faults: [] })
  })
  if (!response.ok) throw await refusalOf(response, error)
  return data as Body
}

/** Addresses that are the console's own and stand in no contract. @throws Problem */
export async function askConsole<Body>(method: 'POST' | 'DELETE', path: string, body?: unknown): Promise<Body> {
  const response = await fetch(`/console/api/session${path}`, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch((cause: unknown) => {
    throw new Problem(0, { code: 'offline', message: String(cause), faults: [] })
  })
  const answer: unknown = await response.json().catch(() => null)
  if (!response.ok) throw await refusalOf(response, answer)
  return answer as Body
}

/** A file, saved under its name: a link would not carry the header without which the session does not count. */
export async function download(path: string, fallbackName: string): Promise<void> {
  const response = await fetch(path, { headers })
  if (!response.ok) throw await refusalOf(response, await response.json().catch(() => null))
  const name = /filename="([^"]+)"/.exec(response.headers.get('content-disposition') ?? '')?.[1] ?? fallbackName
  const link = document.createElement('a')
  link.href = URL.createObjectURL(await response.blob())
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}
