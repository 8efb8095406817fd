/** One server, one credential, every operation of all contracts by its path. */
import { randomUUID } from 'node:crypto'
import createClient, { createFinalURL, createQuerySerializer, defaultPathSerializer } from 'openapi-fetch'
import type { Credential } from './credentials.ts'
import { noCredential } from './credentials.ts'
import type { FileSource, FormValues } from './files.ts'
import { Download, FormBody } from './files.ts'
import type { Query } from './pages.ts'
import { Items } from './pages.ts'
import type { RetryOptions } from './retry-rules.ts'
import { defaultRetries } from './retry-rules.ts'
import type { Sending, Transport } from './transport.ts'
import { send } from './transport.ts'
import type {
  AnswerOf,
  Arguments,
  Call,
  CallOptions,
  FilePaths,
  Form,
  ItemOf,
  ListMethod,
  ListPaths,
  Method,
  PathParameters,
  UploadPaths,
} from './types.ts'

export type ClientOptions = {
  /** https://api.example.com, without a path. */
  baseUrl: string
  /** Left out: none. */
  credential?: Credential
  retries?: Partial<RetryOptions>
  /** For each attempt, until the whole answer is there; of a download: until it begins. Default 30,000. */
  timeoutMs?: number
  /** Default: fetch. */
  fetch?: (request: Request) => Promise<Response>
}

type Init = CallOptions & {
  params?: { query?: Query; path?: Record<string, unknown>; header?: Record<string, unknown> }
  body?: unknown
}
/** What openapi-fetch can send without knowing the path: the types have been checked by ours. */
type Untyped = {
  request(method: string, path: string, init: object): Promise<{ data?: unknown; response: Response }>
}

/**
 * ```ts
 * const client = new Clientele({ baseUrl: 'https://api.example.com', credential: apiKey(process.env.API_KEY) })
 * const me = await client.get('/api/v1/clients/me')
 * ```
 * Every method throws what errors.ts has: ApiError and its classes, ConnectionError, TimeoutError.
 */
export class Clientele {
  readonly #transport: Transport
  readonly #api: Untyped

  readonly get: Call<'get'>
  readonly post: Call<'post'>
  readonly put: Call<'put'>
  readonly patch: Call<'patch'>
  readonly delete: Call<'delete'>

  constructor(options: ClientOptions) {
    const baseUrl = new URL(options.baseUrl).href.replace(/\/+$/, '')
    this.#transport = {
      baseUrl,
      fetch: options.fetch ?? ((request) => fetch(request)),
      credential: options.credential ?? noCredential,
      retries: { ...defaultRetries, ...options.retries },
      timeoutMs: options.timeoutMs ?? 30_000,
    }
    this.#api = createClient({ baseUrl }) as unknown as Untyped
    this.get = this.#caller('get')
    this.post = this.#caller('post')
    this.put = this.#caller('put')
    this.patch = this.#caller('patch')
    this.delete = this.#caller('delete')
  }

  /** The same server as somebody else. */
  as(credential: Credential): Clientele {
    return new Clientele({ ...this.#transport, credential })
  }

  /**
   * A list, item by item or page by page: `for await (const one of client.list('/api/v1/customers')) ...`
   */
  list<P extends ListPaths>(path: P, ...[init]: Arguments<P, ListMethod<P>>): Items<ItemOf<P, ListMethod<P>>> {
    const given = (init ?? {}) as Init
    const method = path.endsWith('/getAllClients') ? 'post' : 'get'
    return new Items(given.params?.query ?? {}, (query) =>
      this.#json(method, path, { ...given, params: { ...given.params, query } }),
    )
  }

  /** Sends a form with a file, as it is read. */
  async upload<P extends UploadPaths>(
    path: P,
    init: PathParameters<P, 'post'> & { form: Form<P, FileSource> } & CallOptions,
  ): Promise<AnswerOf<P, 'post'>> {
    const { params, form, ...options } = init as Init & { form: FormValues }
    const body = new FormBody(form)
    const headers = { 'content-type': body.type, ...idempotency('post', options) }
    const url = this.#urlOf(path, params)
    const make = () => {
      const sent = { method: 'POST', headers, body: body.stream(), duplex: 'half' }
      return new Request(url, sent as RequestInit)
    }
    const response = await send(this.#transport, make, { ...sendingOf(options), once: !body.isReplayable })
    return (await response.json()) as AnswerOf<P, 'post'>
  }

  /** Opens a file; read it with `for await`, saveTo(), stream() or text(). One that breaks off goes on where it stopped. */
  async download<P extends FilePaths>(path: P, ...[init]: Arguments<P, 'get'>): Promise<Download> {
    const given = (init ?? {}) as Init
    const url = this.#urlOf(path, given.params)
    const open = (headers: Record<string, string>) =>
      send(this.#transport, () => new Request(url, { headers }), { ...sendingOf(given), streaming: true })
    const first = await open({})
    return new Download(first, (from, etag) => open({ range: `bytes=${from}-`, 'if-range': etag ?? '' }))
  }

  #caller<M extends Method>(method: M): Call<M> {
    const call = (path: string, init: Init = {}) => this.#json(method, path, init)
    return call as unknown as Call<M>
  }

  async #json(method: Method, path: string, init: Init): Promise<unknown> {
    const { params, body, ...options } = init
    const { data } = await this.#api.request(method, path, {
      params: { ...params, header: { ...params?.header, ...idempotency(method, options) } },
      ...(body === undefined ? {} : { body }),
      fetch: (request: Request) => send(this.#transport, () => request.clone(), sendingOf(options)),
    })
    return data
  }

  #urlOf(path: string, params: Init['params'] = {}): string {
    const { baseUrl } = this.#transport
    return createFinalURL(path, { baseUrl, params, querySerializer, pathSerializer: defaultPathSerializer })
  }
}

const querySerializer = createQuerySerializer()

function sendingOf({ signal, timeoutMs, retries }: CallOptions): Sending {
  return { signal, timeoutMs, retries }
}

function idempotency(method: Method, { idempotencyKey }: CallOptions): Record<string, string> {
  if (method !== 'post' || idempotencyKey === null) return {}
  return { 'Idempotency-Key': idempotencyKey ?? randomUUID() }
}
