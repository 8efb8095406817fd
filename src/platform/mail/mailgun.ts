import { formatMailbox } from './address-syntax.ts'
import type { HttpMailProvider } from './http-provider.ts'
import { stringOrNull } from './http-provider.ts'

/** Mailgun, "Send an email": POST /v3/{domain}/messages, multipart/form-data, HTTP Basic `api:<key>`. */
export const mailgun: HttpMailProvider<'mailgun'> = {
  provider: 'mailgun',

  endpoint: (config, endpoints) =>
    config.region === 'eu'
      ? (endpoints.mailgunEu ?? 'https://api.eu.mailgun.net')
      : (endpoints.mailgun ?? 'https://api.mailgun.net'),

  async request(config, message, endpoint) {
    const form = new FormData()
    form.append('from', formatMailbox(config.from_email, config.from_name))
    form.append('to', message.to)
    form.append('subject', message.subject)
    form.append('text', message.text)
    if (message.html !== undefined) form.append('html', message.html)
    if (message.replyTo !== undefined) form.append('h:Reply-To', message.replyTo)
    for (const [name, value] of Object.entries(message.headers ?? {})) form.append(`h:${name}`, value)
    for (const { name, contentType, content } of message.attachments ?? []) {
      form.append('attachment', new Blob([new Uint8Array(content)], { type: contentType }), name)
    }
    const encoded = new Response(form)
    return {
      url: `${endpoint}/v3/${encodeURIComponent(config.domain)}/messages`,
      headers: {
        authorization: `Basic ${Buffer.from(`api:${config.api_key}`).toString('base64')}`,
        'content-type': encoded.headers.get('content-type') ?? 'multipart/form-data',
        accept: 'application/json',
      },
      body: Buffer.from(await encoded.arrayBuffer()),
    }
  },

  // {"id": "<...@domain>", "message": "Queued. Thank you."}; errors have "message" only, 401 is plain text.
  messageId: ({ json }) => stringOrNull(json.id),
  explain: ({ json }) => stringOrNull(json.message),
  refusal: () => null,
}
