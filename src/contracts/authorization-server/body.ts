/** Bodies that somebody has read before oidc-provider, which reads the request's stream itself. */
import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import type { KoaContextWithOIDC } from 'oidc-provider'

export type Middleware = (ctx: KoaContextWithOIDC, next: () => Promise<void>) => Promise<void>

/** What oidc-provider reads of a form. */
export const mostBodyBytes = 56 * 1024

const bodies = new WeakMap<ServerResponse, Buffer>()

/** Gives the body of the request that this answers back to oidc-provider. */
export function giveBack(response: ServerResponse, body: Buffer): void {
  bodies.set(response, body)
}

export const takeBack: Middleware = async (ctx, next) => {
  const body = bodies.get(ctx.res)
  if (body) replaceBody(ctx, body)
  await next()
}

/** From here on the request's stream holds this. */
export function replaceBody(ctx: KoaContextWithOIDC, body: Buffer): void {
  const { headers, method, url, socket } = ctx.req
  headers['content-length'] = String(body.length)
  ctx.req = Object.assign(Readable.from([body]), { headers, method, url, socket }) as unknown as typeof ctx.req
}
