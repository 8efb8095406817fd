/** What a contract says of one of its routes. */
import type { Static, TSchema } from 'typebox'
import type { UploadedFile } from '#features/files/index.ts'
import type { Actor } from '#platform/operations/actor.ts'
import type { Operation } from '#platform/operations/operation.ts'
import type { WireAnswer } from './contract.ts'
import type { UploadDefinition } from './uploads.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

type Parts<P extends TSchema, Q extends TSchema, H extends TSchema, B extends TSchema> = {
  path?: P
  query?: Q
  header?: H
  body?: B
}

export type WireRequest<P extends TSchema, Q extends TSchema, H extends TSchema, B extends TSchema> = {
  path: Static<P>
  query: Static<Q>
  header: Static<H>
  body: Static<B>
  /** Of a route that takes one. */
  file: UploadedFile
  /** The client that the credential acts for. @throws client_level_required at account level */
  ownClient: () => string
  actor: Actor
}

export type RouteDefinition<
  Input extends TSchema,
  Result,
  P extends TSchema,
  Q extends TSchema,
  H extends TSchema,
  B extends TSchema,
> = {
  method: Method
  url: string
  /** Name of the operation in the contract's own document, for generated clients. */
  operationId: string
  /** A function where the kind of caller decides (registration). */
  operation: Operation<Input, Result> | ((actor: Actor) => Operation<Input, Result>)
  request?: Parts<P, Q, H, B>
  /** The request is a form with a file; the schema of the body is that of the fields beside it. */
  upload?: UploadDefinition
  input: (request: WireRequest<P, Q, H, B>) => NoInfer<Static<Input>>
  present: (result: Result) => WireAnswer
  /** Status and shape of the success, for the API documents. */
  success: Success
}

export type Success = {
  status: number
  description: string
  schema?: TSchema
  isFile?: true
  /** Where what takes too long for the request is a job: the answer then (202). */
  accepted?: { description: string; schema: TSchema }
}
