/**
 * What a contract is made of: a name, a way to print errors, and routes. A route says which operation it serves, how the
 * wire becomes the operation's input and how the result becomes the wire. Everything else happens here, for all alike:
 *
 *   credential -> actor -> body -> wire validation -> runOperation -> answer, or the contract's own error
 */
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import type { TSchema } from 'typebox'
import { authenticate, forget } from '#features/authentication/index.ts'
import type { DomainError, ErrorDetail } from '#kernel/errors.ts'
import { coreError } from '#kernel/errors.ts'
import type { Actor } from '#platform/operations/actor.ts'
import { anonymous } from '#platform/operations/actor.ts'
import { confirmCaller } from '#platform/operations/authorize.ts'
import { StaleActorError } from '#platform/operations/database-errors.ts'
import type { AnyOperation, Operation, Origin } from '#platform/operations/operation.ts'
import { runOperation } from '#platform/operations/run-operation.ts'
import type { Services } from '#platform/operations/services.ts'
import { isContentLost } from '#platform/secrets/secret-box.ts'
import { printConsoleError } from './console-errors.ts'
import { credentialsOf, isFromConsole, ownClientOf, renewConsoleSession } from './console-session.ts'
import type { EventAnswer } from './event-answers.ts'
import { endStreamsWith, sendEvents } from './event-answers.ts'
import type { FileAnswer } from './file-answers.ts'
import { sendFile } from './file-answers.ts'
import { idempotencyOf } from './idempotency-header.ts'
import { limitRate } from './rate-limits.ts'
import { toDomainError } from './request-errors.ts'
import type { Method, RouteDefinition, Success, WireRequest } from './route-definition.ts'
import { holdStreamPlace } from './stream-places.ts'
import type { UploadDefinition } from './uploads.ts'
import { addUploadRoute, receiveUpload, textOf } from './uploads.ts'
import type { Part, PartValidator } from './validation.ts'
import { validatorOf } from './validation.ts'

export type WireAnswer = {
  status: number
  body: unknown
  headers?: Record<string, string>
  /** Sent instead of a body. */
  file?: FileAnswer
  events?: EventAnswer
}

export type Contract = {
  readonly name: string
  readonly title: string
  /** What generated clients name their class after: as in the contract's own document. */
  readonly tag: string
  /** Prints an error as this contract does, for every cause. */
  readonly printError: (error: DomainError, requestId: string) => WireAnswer
  /** Puts what a route presents into what every answer of the contract has around it, such as the request's own id. */
  readonly wrap?: (body: unknown, requestId: string) => unknown
  /** Addresses end with a slash and work without it too; documents name them with it. */
  readonly slashIsOptional?: boolean
}

/** What the API documents need to know of a route. */
export type DocumentedRoute = {
  contract: Contract
  method: Method
  url: string
  operationId: string
  operation: AnyOperation
  request: Partial<Record<Part, TSchema>>
  upload?: UploadDefinition
  success: Success
}

declare module 'fastify' {
  interface FastifyRequest {
    actor: Actor | null
    /** The body as it came, for the comparison of idempotent requests. */
    rawBody: string | null
    operationName: string | null
  }
  interface FastifyContextConfig {
    contract?: string
  }
}

export class ContractRoutes {
  readonly #app: FastifyInstance
  readonly #contract: Contract
  readonly #services: Services
  readonly #documented: DocumentedRoute[]
  readonly #methods = new Map<string, Set<string>>()

  constructor(app: FastifyInstance, contract: Contract, services: Services, documented: DocumentedRoute[]) {
    this.#app = app
    this.#contract = contract
    this.#services = services
    this.#documented = documented
    app.setErrorHandler((error, request, reply) => sendError(contract, error, request, reply))
    endStreamsWith(app)
  }

  add<
    Input extends TSchema,
    Result,
    P extends TSchema = TSchema,
    Q extends TSchema = TSchema,
    H extends TSchema = TSchema,
    B extends TSchema = TSchema,
  >(route: RouteDefinition<Input, Result, P, Q, H, B>): void {
    const validators = Object.entries(route.request ?? {}).map(
      ([part, schema]) => [part as Part, validatorOf(part as Part, schema)] as const,
    )
    const operationFor =
      typeof route.operation === 'function' ? route.operation : () => route.operation as Operation<Input, Result>
    const isPublic = operationFor(anonymous).level === 'public'
    // Sign-in and refresh ask for no credential, so a stale one that a program sends along must not stop them. Where the
    // caller decides which operation runs, a credential that does not hold is refused, never taken for none.
    const ignoresCredentials = isPublic && typeof route.operation !== 'function'
    for (const url of this.#spellingsOf(route.url)) this.#remember(route.method, url)
    this.#documented.push({
      contract: this.#contract,
      method: route.method,
      url: route.url,
      operationId: route.operationId,
      operation: operationFor({ kind: 'anonymous' }),
      request: route.request ?? {},
      ...(route.upload ? { upload: route.upload } : {}),
      success: route.success,
    })
    const options: Omit<RouteOptions, 'url'> = {
      method: route.method,
      config: { contract: this.#contract.name },
      // Before the body is read: who has no credential has no right to make us parse a megabyte.
      onRequest: async (request, reply) => {
        if (ignoresCredentials) request.actor = anonymous
        else request.actor = await this.#authenticate(request, reply)
        await limitRate(this.#services, { request, reply }, request.actor, operationFor(request.actor).limit)
        if (!isPublic && request.actor.kind === 'anonymous') throw coreError('unauthenticated')
      },
      handler: async (request, reply) => {
        const answer = await this.#freshly(request, async (actor) => {
          const operation = operationFor(actor)
          request.operationName = operation.name
          if (route.upload) await this.#receive(request, operation, route.upload, validators)
          const wire = await this.#read(request, operation, validators)
          const ownClient = () => ownClientOf(request, actor)
          const toInput = () =>
            route.input({ ...wire, file: request.upload?.file, ownClient, actor } as WireRequest<P, Q, H, B>)
          const input = await this.#afterEndedCredentials(request, operation, toInput)
          return runOperation(this.#services, operation, input, {
            actor,
            origin: originOf(request, this.#contract.name),
            present: route.present,
            idempotency: idempotencyOf(request),
          })
        })
        const goesOn = answer.events ?? answer.headers?.['content-type'] === 'text/event-stream'
        if (goesOn) holdStreamPlace(request.actor ?? anonymous, reply)
        reply.code(answer.status)
        if (answer.headers) reply.headers(answer.headers)
        if (answer.events) {
          const call = { actor: request.actor ?? anonymous, origin: originOf(request, this.#contract.name) }
          const confirm = () => confirmCaller(this.#services, operationFor(call.actor), call)
          return sendEvents(this.#app, { request, reply }, { services: this.#services, answer: answer.events, confirm })
        }
        if (answer.file) return sendFile({ request, reply }, this.#services, answer.file)
        return reply.send(this.#contract.wrap ? this.#contract.wrap(answer.body, request.id) : answer.body)
      },
    }
    for (const url of this.#spellingsOf(route.url)) {
      if (route.upload) addUploadRoute(this.#app, this.#services, { ...options, url, upload: route.upload })
      else this.#app.route({ ...options, url })
    }
  }

  /** Every other method of the contract's addresses answers in the contract's format too. */
  refuseOtherMethods(): void {
    for (const [url, methods] of this.#methods) {
      const allowed = [...methods].sort().join(', ')
      const others = (['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const).filter((one) => !methods.has(one))
      this.#app.route({
        method: others,
        url,
        config: { contract: this.#contract.name },
        exposeHeadRoute: false,
        onRequest: (request, reply) => limitRate(this.#services, { request, reply }, anonymous),
        handler: (_request, reply) => {
          reply.header('allow', allowed)
          throw coreError('method_not_allowed', { message: `This address takes ${allowed} only.` })
        },
      })
    }
  }

  /** A credential that does not hold counts towards its sender's address. */
  async #authenticate(request: FastifyRequest, reply: FastifyReply): Promise<Actor> {
    try {
      const actor = await authenticate(this.#services, credentialsOf(request, this.#services.settings.publicUrl))
      await renewConsoleSession(this.#services, { request, reply }, actor)
      return actor
    } catch (error) {
      await limitRate(this.#services, { request, reply }, anonymous)
      throw error
    }
  }

  #remember(method: string, url: string): void {
    const methods = this.#methods.get(url) ?? new Set()
    this.#methods.set(url, methods.add(method))
  }

  #spellingsOf(url: string): string[] {
    return this.#contract.slashIsOptional && url.endsWith('/') ? [url, url.slice(0, -1)] : [url]
  }

  /** Runs for the actor; once more with the actor loaded anew when its roles have changed since it was remembered. */
  async #freshly<T>(request: FastifyRequest, work: (actor: Actor) => Promise<T>): Promise<T> {
    const actor = request.actor ?? anonymous
    try {
      return await work(actor)
    } catch (error) {
      if (!(error instanceof StaleActorError)) throw error
      const credentials = credentialsOf(request, this.#services.settings.publicUrl)
      forget(this.#services, credentials)
      request.actor = await authenticate(this.#services, credentials)
      return work(request.actor)
    }
  }

  /** Who may not call the operation, or names what cannot be, hears so before a file is read. It is read once. */
  async #receive(
    request: FastifyRequest,
    operation: AnyOperation | Operation<TSchema, unknown>,
    upload: UploadDefinition,
    validators: readonly (readonly [Part, PartValidator<TSchema>])[],
  ): Promise<void> {
    if (request.upload) return
    const actor = request.actor ?? anonymous
    await confirmCaller(this.#services, operation, { actor, origin: originOf(request, this.#contract.name) })
    const beforeBody = validators.filter(([part]) => part !== 'body')
    await this.#read(request, operation, beforeBody)
    request.upload = await receiveUpload(request, this.#services, upload)
    request.body = request.upload.fields
    request.rawBody = textOf(request.upload)
  }

  async #read(
    request: FastifyRequest,
    operation: AnyOperation | Operation<TSchema, unknown>,
    validators: readonly (readonly [Part, PartValidator<TSchema>])[],
  ): Promise<Record<Part, unknown>> {
    const wire: Record<Part, unknown> = { path: {}, query: {}, header: {}, body: undefined }
    const given: Record<Part, () => unknown> = {
      path: () => request.params,
      query: () => request.query,
      header: () => request.headers,
      body: () => request.body,
    }
    const problems: ErrorDetail[] = []
    for (const [part, validate] of validators) {
      const checked = validate(given[part]())
      wire[part] = checked.value
      problems.push(...checked.problems)
    }
    if (problems.length === 0) return wire
    return this.#afterEndedCredentials(request, operation, () => {
      throw coreError('validation_failed', { details: problems })
    })
  }

  /** Who may not call the operation at all, or no longer, learns that, not what was wrong with the request. */
  async #afterEndedCredentials<T>(
    request: FastifyRequest,
    operation: AnyOperation | Operation<TSchema, unknown>,
    work: () => T,
  ): Promise<T> {
    try {
      return work()
    } catch (error) {
      const actor = request.actor ?? anonymous
      await confirmCaller(this.#services, operation, { actor, origin: originOf(request, this.#contract.name) })
      throw error
    }
  }
}

export function originOf(request: FastifyRequest, via: string): Origin {
  const userAgent = request.headers['user-agent']
  return { requestId: request.id, ipAddress: request.ip, userAgent: userAgent ?? null, via }
}

export function sendError(
  contract: Contract,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const known = toDomainError(error)
  if (known.kind === 'internal') request.log.error({ err: error }, 'unexpected failure')
  else if (known.kind === 'unavailable') request.log.warn({ err: known.cause ?? known }, 'unavailable')
  // Nobody but the operator sees whether it is the server's keys that are wrong.
  else if (isContentLost(known)) request.log.warn({ err: known.cause }, 'stored content does not open')
  const answer = contract.printError(known, request.id)
  if (known.kind === 'unauthenticated') reply.header('www-authenticate', 'Bearer')
  if (known.retryAfterSeconds !== undefined) reply.header('retry-after', String(known.retryAfterSeconds))
  return reply.code(answer.status).send(isFromConsole(request) ? printConsoleError(known, request.id) : answer.body)
}
