/** What the tests of profiles have in common: a client with a token, and requests in its name. */
import assert from 'node:assert/strict'
import type { Answer, TestApp } from '#test/support/app.ts'
import { profileAttributes } from '#test/support/prepared-client.ts'

export type WireProfile = {
  pk: number
  client_uid: string
  status: string
  externalReference: string | null
  createdAt: string
  updatedAt: string
  profileattribute_set: { attribute: { name: string }; value: string | null }[]
}

export const dataOf = <T>(answer: Answer): T => (answer.body as { data: T }).data
export const errorOf = (answer: Answer) =>
  (
    answer.body as {
      error: { code: number; message: string; details: { field?: string; attribute?: string; error: string }[] }
    }
  ).error

/** The values by name; of several choices a list. */
export function valuesOf(profile: WireProfile): Record<string, string | null | (string | null)[]> {
  const values: Record<string, string | null | (string | null)[]> = {}
  for (const { attribute, value } of profile.profileattribute_set) {
    const known = values[attribute.name]
    values[attribute.name] = known === undefined ? value : [known, value].flat()
  }
  return values
}

/** Requests of one caller. */
export class Partner {
  readonly #app: TestApp
  readonly credential: { token?: string; apiKey?: string }

  constructor(app: TestApp, credential: { token?: string; apiKey?: string }) {
    this.#app = app
    this.credential = credential
  }

  send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const request = { method, ...this.credential, headers, ...(body === undefined ? {} : { body }) }
    return this.#app.request(`/api/v1/${path}`, request)
  }

  create(attributes: Record<string, unknown> = {}, more: Record<string, unknown> = {}): Promise<Answer> {
    return this.send('POST', 'profiles/', { attributes: { ...profileAttributes(), ...attributes }, ...more })
  }

  async created(attributes: Record<string, unknown> = {}, more: Record<string, unknown> = {}): Promise<number> {
    const answer = await this.create(attributes, more)
    assert.equal(answer.status, 201, answer.text)
    return dataOf<{ pk: number }>(answer).pk
  }

  async read(pk: number): Promise<WireProfile> {
    const answer = await this.send('GET', `profiles/${pk}/`)
    assert.equal(answer.status, 200, answer.text)
    return dataOf(answer)
  }

  async list(query: Record<string, string> = {}): Promise<{ results: WireProfile[]; hasMore: boolean }> {
    const answer = await this.send('GET', `profiles/?${new URLSearchParams(query)}`)
    assert.equal(answer.status, 200, answer.text)
    return dataOf(answer)
  }

  async found(query: Record<string, string>): Promise<number[]> {
    return (await this.list(query)).results.map((one) => one.pk)
  }
}
