/** What each path takes and answers, read out of the generated schema. */
import type { MaybeOptionalInit } from 'openapi-fetch'
import type { RetryOptions } from './retry-rules.ts'
import type { Paths } from './schema.ts'

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete'

/** Paths that know this method. */
export type PathsOf<M extends Method> = { [P in keyof Paths]: M extends keyof Paths[P] ? P : never }[keyof Paths]

type Operation<P extends keyof Paths, M extends Method> = M extends keyof Paths[P] ? Paths[P][M] : never

type JsonOf<Answer> = Answer extends { content: { 'application/json': infer Body } } ? Body : never
type SuccessStatus = 200 | 201 | 202

/** The body of the success. */
export type AnswerOf<P extends keyof Paths, M extends Method> =
  Operation<P, M> extends { responses: infer Responses }
    ? { [S in keyof Responses & SuccessStatus]: JsonOf<Responses[S]> }[keyof Responses & SuccessStatus]
    : never

export type CallOptions = {
  signal?: AbortSignal
  /** For each attempt. */
  timeoutMs?: number
  retries?: Partial<RetryOptions>
  /** Of a POST. Left out: a random one, so that it can be sent again safely; null: none. */
  idempotencyKey?: string | null
}

type Wanted = 'params' | 'body'
type InitOf<P extends keyof Paths, M extends Method> =
  MaybeOptionalInit<Paths[P], M & keyof Paths[P]> extends infer Init
    ? Pick<NonNullable<Init>, Wanted & keyof NonNullable<Init>>
    : never

type Required<Init> = { [K in keyof Init]-?: object extends Pick<Init, K> ? never : K }[keyof Init]

/** The last argument of a call: optional where nothing in it must be given. */
export type Arguments<P extends keyof Paths, M extends Method> = [Required<InitOf<P, M>>] extends [never]
  ? [init?: InitOf<P, M> & CallOptions]
  : [init: InitOf<P, M> & CallOptions]

export type Call<M extends Method> = <P extends PathsOf<M>>(
  path: P,
  ...init: Arguments<P, M>
) => Promise<AnswerOf<P, M>>

type ListIn<Body> = Body extends { data: infer Data } ? ListIn<Data> : Extract<Body[keyof Body], readonly unknown[]>

/** One element of a path's list. */
export type ItemOf<P extends keyof Paths, M extends Method> = ListIn<AnswerOf<P, M>>[number]

type PagingName = 'page' | 'cursor' | 'after' | 'offset' | 'before'
type Pages<P extends keyof Paths, M extends Method> =
  Operation<P, M> extends { parameters: { query?: infer Query } }
    ? [Extract<keyof NonNullable<Query>, PagingName>] extends [never]
      ? never
      : P
    : never

/** Paths that answer a list in pages. */
export type ListPaths = { [P in keyof Paths]: Pages<P, 'get'> | Pages<P, 'post'> }[keyof Paths]
export type ListMethod<P extends keyof Paths> = Pages<P, 'get'> extends never ? 'post' : 'get'

/** Paths that answer a file. */
export type FilePaths = {
  [P in keyof Paths]: Operation<P, 'get'> extends {
    responses: { 200: { content: { 'application/octet-stream': unknown } } }
  }
    ? P
    : never
}[keyof Paths]

type FormOf<P extends keyof Paths> =
  Operation<P, 'post'> extends { requestBody: { content: { 'multipart/form-data': infer Form } } } ? Form : never

/** Paths that take a file. */
export type UploadPaths = { [P in keyof Paths]: FormOf<P> extends never ? never : P }[keyof Paths]

/** The form, with what fileFrom() makes in the place of the file. */
export type Form<P extends keyof Paths, File> = {
  [K in keyof FormOf<P>]: FormOf<P>[K] extends Blob ? File : FormOf<P>[K]
}
export type PathParameters<P extends keyof Paths, M extends Method> =
  Operation<P, M> extends { parameters: { path: infer Path } } ? { params: { path: Path } } : object
