import type { HttpMailProvider, ProviderAnswer } from './http-provider.ts'
import { stringOrNull } from './http-provider.ts'

/** Twilio SendGrid, "Mail Send": POST /v3/mail/send, Bearer API key, 202 without a body, id in X-Message-Id. */
export const sendgrid: HttpMailProvider<'sendgrid'> = {
  provider: 'sendgrid',

  endpoint: (_config, endpoints) => endpoints.sendgrid ?? 'https://api.sendgrid.com',

  request(config, message, endpoint) {
    // JSON.stringify leaves undefined members out.
    const body = {
      personalizations: [{ to: [{ email: message.to }] }],
      from: { email: config.from_email, name: config.from_name },
      reply_to: message.replyTo === undefined ? undefined : { email: message.replyTo },
      subject: message.subject,
      // text/plain has to come first.
      content: [
        { type: 'text/plain', value: message.text },
        ...(message.html === undefined ? [] : [{ type: 'text/html', value: message.html }]),
      ],
      headers: message.headers,
      attachments: message.attachments?.map(({ name, contentType, content }) => ({
        content: content.toString('base64'),
        filename: name,
        type: contentType,
        disposition: 'attachment',
      })),
    }
    return {
      url: `${endpoint}/v3/mail/send`,
      headers: {
        authorization: `Bearer ${config.api_key}`,
        'content-type': 'application/json',
        accept: 'application/json',
      },
      body: JSON.stringify(body),
    }
  },

  messageId: ({ headers }) => stringOrNull(headers['x-message-id']),
  explain: (answer) => errorMessages(answer).join('; ') || (answer.status === 202 ? 'Accepted' : null),

  refusal(answer) {
    // An exhausted quota is answered with 401, like a wrong key ("4XX API Errors and Troubleshooting Suggestions").
    const exhausted = errorMessages(answer).some((text) => /maximum credits exceeded/i.test(text))
    return answer.status === 401 && exhausted ? { code: 'rate_limited', retryable: true } : null
  },
}

/** {"errors": [{"message": "...", "field": "from.email", "help": "..."}]} */
function errorMessages({ json }: ProviderAnswer): string[] {
  if (!Array.isArray(json.errors)) return []
  return json.errors.flatMap((error: unknown) => {
    if (typeof error !== 'object' || error === null || !('message' in error)) return []
    const text = stringOrNull(error.message)
    const field = 'field' in error ? stringOrNull(error.field) : null
    return text === null ? [] : [field === null ? text : `${field}: ${text}`]
  })
}
