/** The pages that people see: plain HTML with one style sheet, script for passkeys only; each works with a keyboard and on a phone. */

import type { Html } from './html.ts'
import { html } from './html.ts'
import type { Language } from './language.ts'
import { explainRequestFault } from './request-faults.ts'
import { describeScope, texts } from './texts.ts'

/** Where the page stands: its language, and the address to come back to after switching it. */
export type Setting = { language: Language; here: string }

export const styleSheetPath = '/oauth2/assets/sign-in.css'
export const iconPath = '/oauth2/assets/icon.svg'
export const passkeyScriptPath = '/oauth2/assets/passkey.js'

type Policy = {
  /** Origins that a form's answer may lead to by redirects; browsers check these too. */
  formTargets?: readonly string[]
  /** Of ours, from a file. */
  hasScript?: boolean | undefined
}

export function contentSecurityPolicy({ formTargets = [], hasScript = false }: Policy = {}): string {
  return [
    "default-src 'none'",
    "style-src 'self'",
    "img-src 'self'",
    ...(hasScript ? ["script-src 'self'"] : []),
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

/** In a window of its own: who comes back finds the page where it was. */
function consoleLink(page: string, text: string): Html {
  return html`<p class="aside"><a href="/console/${page}" target="_blank" rel="noopener">${text}</a></p>`
}

type SignInForm = Form & { client: string; username: string; isOfAccount: boolean }

export function signInPage(setting: Setting, form: SignInForm): string {
  const t = texts[setting.language]
  const described = form.fault ? html` aria-describedby="fault" aria-invalid="true"` : null
  const autofocus = html` autofocus`
  return page(
    setting,
    t.signInTitle,
    html`<h1>${t.signInTitle}</h1>
<p class="lead">${t.signInTo(form.client)}</p>
${alert(form.fault)}
${form.isOfAccount && consoleLink('account', t.openAccount)}
<form method="post" action="${form.action}/sign-in">
${hidden('csrf', form.csrf)}
<label for="username">${t.email}</label>
<input id="username" name="username" type="email" inputmode="email" autocomplete="username" autocapitalize="none" spellcheck="false" required maxlength="254" value="${form.username}"${described}${form.username === '' && autofocus}>
<label for="password">${t.password}</label>
<input id="password" name="password" type="password" autocomplete="current-password" required maxlength="1024"${described}${form.username !== '' && autofocus}>
<button type="submit">${t.signIn}</button>
</form>
${consoleLink('forgot-password', t.forgot)}
<form method="post" action="${form.action}/abort" class="aside">${hidden('csrf', form.csrf)}<button type="submit" class="quiet">${t.cancel}</button></form>`,
  )
}

type SecondFactorForm = Form & {
  userId: string
  mfaToken: string
  methods: readonly string[]
  /** WebAuthn request options as JSON; null: no passkey can be asked for. */
  passkey: string | null
  /** What was refused just now. */
  tried: 'code' | 'passkey' | null
}

export function secondFactorPage(setting: Setting, form: SecondFactorForm): string {
  const t = texts[setting.language]
  const kept = html`${hidden('csrf', form.csrf)}${hidden('user_id', form.userId)}${hidden('mfa_token', form.mfaToken)}${hidden('methods', form.methods.join(' '))}`
  const isWrong = form.fault !== null && (form.tried !== 'passkey' || form.passkey === null)
  const described = isWrong ? 'fault' : 'code-lead'
  const lead = form.methods.includes('totp') ? t.codeLead : t.backupCodeLead
  const codeForm = html`<form method="post" action="${form.action}/second-factor">
${kept}
<p class="lead" id="code-lead">${lead}</p>
${alert(isWrong ? form.fault : null)}
<label for="code">${t.code}</label>
<input id="code" name="code" class="code" type="text" autocomplete="one-time-code" autocapitalize="none" spellcheck="false" required maxlength="64"${(isWrong || form.passkey === null) && html` autofocus`} aria-describedby="${described}"${isWrong && html` aria-invalid="true"`}>
<button type="submit"${form.passkey !== null && html` class="second"`}>${t.verify}</button>
</form>`
  return page(
    setting,
    t.secondFactorTitle,
    html`<h1>${t.secondFactorTitle}</h1>
${form.passkey !== null && passkeyPart(setting, { ...form, kept, options: form.passkey, fault: isWrong ? null : form.fault })}
${codeForm}
<p class="aside"><a href="${form.action}">${t.startAgain}</a></p>`,
  )
}

/** Hidden until the script finds that this browser can do it. */
function passkeyPart(
  setting: Setting,
  form: { action: string; kept: Html; options: string; fault: string | null },
): Html {
  const t = texts[setting.language]
  return html`<form method="post" action="${form.action}/passkey" id="passkey" class="passkey" data-options="${form.options}" hidden>
${form.kept}${hidden('credential', '')}
<p class="lead" id="passkey-lead">${t.passkeyLead}</p>
${alert(form.fault)}
<p class="alert" role="alert" id="passkey-fault" hidden>${t.passkeyNotUsed}</p>
<button type="submit" aria-describedby="passkey-lead">${t.usePasskey}</button>
<p class="or"><span>${t.or}</span></p>
</form>
<script type="module" src="${passkeyScriptPath}"></script>`
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
  /** Of a request: the error's code and the sentence for the application's maker, in the words of the protocol (English). */
  detail: { code: string; description: string } | null
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
  const why =
    kind === 'request' && detail
      ? html`<p class="why">${explainRequestFault(setting.language, detail)}</p>
<p class="detail" lang="en"><code>${[detail.code, detail.description].filter((part) => part !== '').join(': ')}</code></p>`
      : null
  return page(setting, title, html`<h1>${title}</h1><p class="lead" role="alert">${lead}</p>${why}`)
}
