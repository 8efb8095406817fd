/** What an example of a route is: the request that its rightful caller would see succeed. */
import type { TestApp } from './app.ts'
import type { PreparedClient, PreparedUser } from './prepared-client.ts'

/** What the examples are about: a client that entrusted everything, and a user of its tenant with a session. */
export type Subject = { client: PreparedClient; user: PreparedUser; refreshToken: string }

export type Example = {
  path?: Record<string, string>
  query?: Record<string, string>
  headers?: Record<string, string>
  /** As JSON; beside a file: the fields of the form. */
  body?: Record<string, unknown>
  file?: Buffer
}

export type ExampleOf = {
  /** Whose credential the operation is meant for. */
  caller: 'nobody' | 'account' | 'client' | 'user'
  request: (subject: Subject) => Example
  /** What must be true of the subject before the request can succeed. */
  arrange?: (app: TestApp, subject: Subject) => Promise<unknown>
  /** The request that succeeds, where it must name what has to be made for it first; it may use the caller's credential. */
  prepare?: (prepared: { app: TestApp; subject: Subject; token: string }) => Promise<Example>
  /** Only a browser can make a request that succeeds: the test that proves it. Here the route's refusals are tested. */
  succeedsIn?: string
}

/** The headers that a caller sends to be known. */
export type Credential = Record<string, string>
export const bearer = (token: string): Credential => ({ authorization: `Bearer ${token}` })
export const apiKey = (key: string): Credential => ({ 'x-api-key': key })

export const password = ({ user }: Subject): { username: string; password: string } => ({
  username: user.username,
  password: user.password,
})
