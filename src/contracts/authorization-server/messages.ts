/** Pages that oidc-provider asks for: errors without a way back to the client, the sign-out question, "signed out". */
import type { ErrorOut, KoaContextWithOIDC } from 'oidc-provider'
import { languageOf } from './language.ts'
import type { Setting } from './pages.ts'
import { contentSecurityPolicy, errorPage, originOf, signedOutPage, signOutPage } from './pages.ts'

function settingOf(ctx: KoaContextWithOIDC): Setting {
  const language = languageOf({
    cookie: ctx.headers.cookie,
    uiLocales: ctx.oidc.params?.ui_locales,
    acceptLanguage: ctx.headers['accept-language'],
  })
  return { language, here: ctx.method === 'GET' ? ctx.url : '/oauth2/end-session' }
}

function send(ctx: KoaContextWithOIDC, body: string, formTargets: string[] = []): void {
  ctx.type = 'html'
  ctx.set('content-security-policy', contentSecurityPolicy({ formTargets }))
  ctx.body = body
}

export async function showError(ctx: KoaContextWithOIDC, out: ErrorOut, error: Error): Promise<void> {
  const detail = { code: out.error, description: out.error_description ?? '' }
  const isExpired = error.name === 'SessionNotFound'
  const kind = isExpired ? 'expired' : ctx.status >= 500 ? 'fault' : 'request'
  send(ctx, errorPage(settingOf(ctx), { kind, detail }))
}

export async function confirmSignOut(ctx: KoaContextWithOIDC): Promise<void> {
  const { session, client, params } = ctx.oidc
  const xsrf = (session?.state as { secret?: string } | undefined)?.secret ?? ''
  const action = '/oauth2/end-session/confirm'
  const page = signOutPage(settingOf(ctx), { action, xsrf, client: client?.clientName ?? null })
  send(ctx, page, originOf(params?.post_logout_redirect_uri))
}

export async function showSignedOut(ctx: KoaContextWithOIDC): Promise<void> {
  send(ctx, signedOutPage(settingOf(ctx)))
}
