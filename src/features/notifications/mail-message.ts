/** What a notification, or a digest of several, looks like as an e-mail. */
import type { MailMessage } from '#platform/mail/index.ts'
import type { Language } from './schemas.ts'

export type MailContent = {
  title: string
  body: string
  html: string | null
  actionUrl: string | null
  actionLabel: string | null
}
export type DigestItem = { title: string; body: string; action_url: string | null }

export type Envelope = {
  to: string
  language: Language
  tenantName: string
  /** Where one click unsubscribes; null: nobody can, as from security. */
  unsubscribeUrl: string | null
  /** The same for every attempt of a delivery, so that a second copy is known as one. */
  messageId: string
}

const words = {
  fr: {
    digest: (n: number) => (n === 1 ? '1 notification' : `${n} notifications`),
    digestIntro: 'Voici ce qui s’est passé :',
    more: (n: number) => `… et ${n} de plus.`,
    unsubscribe: 'Ne plus recevoir ces e-mails',
    sentBy: 'Envoyé par',
    open: 'Ouvrir',
  },
  en: {
    digest: (n: number) => (n === 1 ? '1 notification' : `${n} notifications`),
    digestIntro: 'This is what happened:',
    more: (n: number) => `… and ${n} more.`,
    unsubscribe: 'Unsubscribe from these e-mails',
    sentBy: 'Sent by',
    open: 'Open',
  },
} as const

const mostDigestItems = 100

export function notificationMail(content: MailContent, envelope: Envelope): MailMessage {
  const { title, body, actionUrl, actionLabel } = content
  const action = actionUrl ? `\n\n${actionLabel ?? words[envelope.language].open}: ${actionUrl}` : ''
  const main = content.html ?? paragraphs(body)
  const button = actionUrl ? linkButton(actionUrl, actionLabel ?? words[envelope.language].open) : ''
  return {
    ...framed(envelope, { title, text: `${body}${action}`, html: `${main}${button}` }),
  }
}

export function digestMail(items: readonly DigestItem[], envelope: Envelope): MailMessage {
  const said = words[envelope.language]
  const shown = items.slice(0, mostDigestItems)
  const rest = items.length - shown.length
  const title = `${envelope.tenantName || 'Clientele'}: ${said.digest(items.length)}`
  const text = [
    said.digestIntro,
    ...shown.map((item) =>
      [`* ${item.title}`, item.body, item.action_url ?? ''].filter((one) => one !== '').join('\n  '),
    ),
    ...(rest > 0 ? [said.more(rest)] : []),
  ].join('\n\n')
  const html = [
    `<p>${escapeHtml(said.digestIntro)}</p>`,
    ...shown.map((item) => {
      const head = item.action_url
        ? `<a href="${escapeHtml(item.action_url)}" style="color:#1a56a0">${escapeHtml(item.title)}</a>`
        : escapeHtml(item.title)
      return `<h2 style="font-size:16px;margin:24px 0 4px">${head}</h2>${paragraphs(item.body)}`
    }),
    ...(rest > 0 ? [`<p>${escapeHtml(said.more(rest))}</p>`] : []),
  ].join('\n')
  return framed(envelope, { title, text, html })
}

function framed(envelope: Envelope, content: { title: string; text: string; html: string }): MailMessage {
  const { language, tenantName, unsubscribeUrl: url } = envelope
  const said = words[language]
  const sender = tenantName === '' ? '' : `${said.sentBy} ${tenantName}`
  const footer = [sender, ...(url ? [`${said.unsubscribe}: ${url}`] : [])].filter((one) => one !== '')
  return {
    to: envelope.to,
    subject: content.title,
    text: footer.length > 0 ? `${content.text}\n\n-- \n${footer.join('\n')}\n` : `${content.text}\n`,
    html: page(language, content, [
      escapeHtml(sender),
      url ? `<a href="${escapeHtml(url)}" style="color:#5a6472">${escapeHtml(said.unsubscribe)}</a>` : '',
    ]),
    messageId: envelope.messageId,
    headers: {
      'Auto-Submitted': 'auto-generated',
      // RFC 2369 and RFC 8058: programs unsubscribe by a POST to this address, without asking anybody.
      ...(url ? { 'List-Unsubscribe': `<${url}>`, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' } : {}),
    },
  }
}

function page(language: Language, { title, html }: { title: string; html: string }, footer: string[]): string {
  const last = footer.filter((one) => one !== '').join(' &middot; ')
  return `<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(title)}</title></head>
<body style="margin:0;background:#f2f4f7"><div style="max-width:600px;margin:0 auto;padding:24px;font:15px/1.5 system-ui,sans-serif;color:#1c2430">
<div style="background:#ffffff;border-radius:8px;padding:24px"><h1 style="font-size:20px;margin:0 0 16px">${escapeHtml(title)}</h1>
${html}
</div><p style="font-size:12px;color:#5a6472">${last}</p></div></body></html>`
}

function linkButton(url: string, label: string): string {
  return `<p style="margin:24px 0 0"><a href="${escapeHtml(url)}" style="background:#1a56a0;color:#ffffff;padding:10px 18px;border-radius:6px;text-decoration:none">${escapeHtml(label)}</a></p>`
}

function paragraphs(text: string): string {
  return text
    .split(/\n{2,}/)
    .map((one) => `<p>${escapeHtml(one.trim()).replaceAll('\n', '<br>')}</p>`)
    .join('\n')
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`)
}
