/** The pages that people see: plain HTML with one style sheet, no script; each works with a keyboard and on a phone. */
import type { Html } from './html.ts'
import { html } from './html.ts'
import type { Language } from './language.ts'
import { describeScope, texts } from './texts.ts'

/** Where the page stands: its language, and the address to come back to after switching it. */
export type Setting = { language: Language; here: string }

export const styleSheetPath = '/oauth2/assets/sign-in.css'
export const iconPath = '/oauth2/assets/icon.svg'

/** `formTargets`: origins that a form's answer may lead to by redirects; browsers check these too. */
export function contentSecurityPolicy(formTargets: readonly string[] = []): string {
  return [
    "default-src 'none'",
    "style-src 'self'",
    "img-src 'self'",
    `form-action ${["'self'", ...formTargets].join(' ')}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

export function originOf(url: unknown): string[] {
  const parsed = typeof url === 'string' ? URL.parse(url) : null
  return parsed ? [parsed.origin] : []
}

function page({ language, here }: Setting, title: string, content: Html): string {
  const t = texts[language]
  const other = language === 'fr' ? 'en' : 'fr'
  return html`<!DOCTYPE html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<title>${title} – Clientele</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<link rel="icon" type="image/svg+xml" href="${iconPath}">
<link rel="stylesheet" href="${styleSheetPath}">
</head>
<body>
<main class="card">
<p class="brand"><span class="mark" aria-hidden="true"></span>Clientele</p>
${content}
</main>
<footer>
<span>${t.footer}</span>
<a href="/oauth2/language?to=${other}&amp;back=${encodeURIComponent(here)}" lang="${other}" hreflang="${other}" aria-label="${t.otherLanguageLabel}">${t.otherLanguage}</a>
</footer>
</body>
</html>
`.text
}

function alert(message: string | null): Html {
  return html`${message && html`<p class="alert" role="alert" id="fault">${message}</p>`}`
}

type Form = { action: string; csrf: string; fault: string | null }

const hidden = (name: string, value: string) => html`<input type="hidden" name="${name}" value="${value}">`

export function signInPage(setting: Setting, form: Form & { client: string; username: string }): string {
  const t = texts[setting.language]
  const described = form.fault ? html` aria-describedby="fault" aria-invalid="true"` : null
  const autofocus = html` autofocus`
  return page(
    setting,
    t.signInTitle,
    html`<h1>${t.signInTitle}</h1>
<p class="lead">${t.signInTo(form.client)}</p>
${alert(form.fault)}
<form method="post" action="${form.action}/sign-in">
${hidden('csrf', form.csrf)}
<label for="username">${t.email}</label>
<input id="username" name="username" type="email" inputmode="email" autocomplete="username" autocapitalize="none" spellcheck="false" required maxlength="254" value="${form.username}"${described}${form.username === '' && autofocus}>
<label for="password">${t.password}</label>
<input id="password" name="password" type="password" autocomplete="current-password" required maxlength="1024"${described}${form.username !== '' && autofocus}>
<button type="submit">${t.signIn}</button>
</form>
<form method="post" action="${form.action}/abort" class="aside">${hidden('csrf', form.csrf)}<button type="submit" class="quiet">${t.cancel}</button></form>`,
  )
}

export function codePage(setting: Setting, form: Form & { userId: string; mfaToken: string }): string {
  const t = texts[setting.language]
  const described = form.fault ? html`fault` : html`lead`
  return page(
    setting,
    t.codeTitle,
    html`<h1>${t.codeTitle}</h1>
<p class="lead" id="lead">${t.codeLead}</p>
${alert(form.fault)}
<form method="post" action="${form.action}/second-factor">
${hidden('csrf', form.csrf)}${hidden('user_id', form.userId)}${hidden('mfa_token', form.mfaToken)}
<label for="code">${t.code}</label>
<input id="code" name="code" class="code" type="text" autocomplete="one-time-code" autocapitalize="none" spellcheck="false" required maxlength="64" autofocus aria-describedby="${described}"${form.fault && html` aria-invalid="true"`}>
<button type="submit">${t.verify}</button>
</form>
<p class="aside"><a href="${form.action}">${t.startAgain}</a></p>`,
  )
}

export function consentPage(
  setting: Setting,
  form: Form & { client: string; user: string; scopes: readonly string[]; host: string },
): string {
  const t = texts[setting.language]
  const wanted = form.scopes.filter((scope) => scope !== 'openid' || form.scopes.length === 1)
  const items = wanted.length > 0 ? wanted.map((scope) => describeScope(scope, t)) : [t.consentNothing]
  return page(
    setting,
    t.consentTitle(form.client),
    html`<h1>${t.consentTitle(form.client)}</h1>
<p class="lead">${t.consentLead(form.client, form.user)}</p>
<ul class="scopes">${items.map((item) => html`<li>${item}</li>`)}</ul>
<p class="note">${t.consentReturn(form.host)}</p>
<div class="choices">
<form method="post" action="${form.action}/abort">${hidden('csrf', form.csrf)}<button type="submit" class="second">${t.deny}</button></form>
<form method="post" action="${form.action}/consent">${hidden('csrf', form.csrf)}<button type="submit">${t.allow}</button></form>
</div>`,
  )
}

export function signOutPage(setting: Setting, form: { action: string; xsrf: string; client: string | null }): string {
  const t = texts[setting.language]
  return page(
    setting,
    t.signOutTitle,
    html`<h1>${t.signOutTitle}</h1>
<p class="lead">${form.client === null ? t.signOutLeadPlain : t.signOutLead(form.client)}</p>
<div class="choices">
<form method="post" action="${form.action}">${hidden('xsrf', form.xsrf)}<button type="submit" class="second">${t.staySignedIn}</button></form>
<form method="post" action="${form.action}">${hidden('xsrf', form.xsrf)}${hidden('logout', 'yes')}<button type="submit" autofocus>${t.signOut}</button></form>
</div>`,
  )
}

export function signedOutPage(setting: Setting): string {
  const t = texts[setting.language]
  return page(setting, t.signedOutTitle, html`<h1>${t.signedOutTitle}</h1><p class="lead">${t.signedOutLead}</p>`)
}

type Fault = {
  /** Whose fault it is. */
  kind: 'request' | 'expired' | 'fault' | 'throttled'
  /** For the application's maker, in the words of the protocol. */
  detail: string | null
  /** When to try again. */
  seconds?: number | undefined
}

export function errorPage(setting: Setting, { kind, detail, seconds }: Fault): string {
  const t = texts[setting.language]
  const [title, lead] = {
    request: [t.errorTitle, t.errorLead] as const,
    expired: [t.expiredTitle, t.expiredLead] as const,
    fault: [t.faultTitle, t.faultLead] as const,
    throttled: [t.throttledTitle, t.throttled(seconds ?? 60)] as const,
  }[kind]
  const code = kind === 'request' && detail ? html`<p class="detail"><code>${detail}</code></p>` : null
  return page(setting, title, html`<h1>${title}</h1><p class="lead" role="alert">${lead}</p>${code}`)
}
