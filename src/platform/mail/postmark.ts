import { formatMailbox } from './address-syntax.ts'
import type { HttpMailProvider, Refusal } from './http-provider.ts'
import { stringOrNull } from './http-provider.ts'

// Postmark's own codes in the body ("API error codes") where they say more than the HTTP status.
const refusals: Record<number, Refusal> = {
  10: { code: 'authentication_failed', retryable: false }, // bad or missing API token
  100: { code: 'provider_error', retryable: true }, // maintenance
  429: { code: 'rate_limited', retryable: true },
}

/** Postmark, "Send a single email": POST /email, X-Postmark-Server-Token; ErrorCode 0 means accepted. */
export const postmark: HttpMailProvider<'postmark'> = {
  provider: 'postmark',

  endpoint: (_config, endpoints) => endpoints.postmark ?? 'https://api.postmarkapp.com',

  request(config, message, endpoint) {
    // JSON.stringify leaves undefined members out.
    const body = {
      From: formatMailbox(config.from_email, config.from_name),
      To: message.to,
      Subject: message.subject,
      TextBody: message.text,
      HtmlBody: message.html,
      ReplyTo: message.replyTo,
      Headers: message.headers && Object.entries(message.headers).map(([Name, Value]) => ({ Name, Value })),
      MessageStream: config.message_stream,
      Attachments: message.attachments?.map(({ name, contentType, content }) => ({
        Name: name,
        Content: content.toString('base64'),
        ContentType: contentType,
      })),
    }
    return {
      url: `${endpoint}/email`,
      headers: {
        'x-postmark-server-token': config.server_token,
        'content-type': 'application/json',
        accept: 'application/json',
      },
      body: JSON.stringify(body),
    }
  },

  messageId: ({ json }) => stringOrNull(json.MessageID),

  explain({ json }) {
    const text = stringOrNull(json.Message)
    return text !== null && typeof json.ErrorCode === 'number' && json.ErrorCode !== 0
      ? `${text} (ErrorCode ${json.ErrorCode})`
      : text
  },

  refusal({ status, json }) {
    if (typeof json.ErrorCode !== 'number' || json.ErrorCode === 0) return null
    return refusals[json.ErrorCode] ?? (status < 300 ? { code: 'rejected', retryable: false } : null)
  },
}
