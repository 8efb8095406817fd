import { AwsV4Signer } from 'aws4fetch'
import { encodeWord } from 'nodemailer/lib/mime-funcs'
import { formatMailbox } from './address-syntax.ts'
import type { HttpMailProvider, ProviderAnswer, Refusal } from './http-provider.ts'
import { stringOrNull } from './http-provider.ts'

const rateLimited: Refusal = { code: 'rate_limited', retryable: true }
const authenticationFailed: Refusal = { code: 'authentication_failed', retryable: false }

// AWS answers many of these with 400.
const refusals: Record<string, Refusal> = {
  ThrottlingException: rateLimited,
  Throttling: rateLimited,
  TooManyRequestsException: rateLimited,
  LimitExceededException: rateLimited,
  ExpiredTokenException: authenticationFailed,
  IncompleteSignatureException: authenticationFailed,
  InvalidSignatureException: authenticationFailed,
  MissingAuthenticationTokenException: authenticationFailed,
  UnrecognizedClientException: authenticationFailed,
}

/** Amazon SES API v2, "SendEmail": POST /v2/email/outbound-emails, signed with AWS Signature Version 4. */
export const ses: HttpMailProvider<'ses'> = {
  provider: 'ses',

  endpoint: (config, endpoints) => endpoints.ses ?? `https://email.${config.region}.amazonaws.com`,

  async request(config, message, endpoint) {
    const headers = Object.entries(message.headers ?? {}).map(([Name, Value]) => ({ Name, Value }))
    // JSON.stringify leaves undefined members out.
    const body = JSON.stringify({
      FromEmailAddress: mailboxInAscii(config.from_email, config.from_name),
      Destination: { ToAddresses: [message.to] },
      ReplyToAddresses: message.replyTo === undefined ? undefined : [message.replyTo],
      Content: {
        Simple: {
          Subject: utf8(message.subject),
          Body: { Text: utf8(message.text), Html: message.html === undefined ? undefined : utf8(message.html) },
          Headers: headers.length === 0 ? undefined : headers,
          Attachments: message.attachments?.map(({ name, contentType, content }) => ({
            FileName: name,
            ContentType: contentType,
            ContentDisposition: 'ATTACHMENT',
            ContentTransferEncoding: 'BASE64',
            RawContent: content.toString('base64'),
          })),
        },
      },
    })
    const signed = await new AwsV4Signer({
      method: 'POST',
      url: `${endpoint}/v2/email/outbound-emails`,
      headers: { 'content-type': 'application/json' },
      body,
      accessKeyId: config.access_key_id,
      secretAccessKey: config.secret_access_key,
      service: 'ses',
      region: config.region,
      allHeaders: true, // the signature has to cover Content-Type
    }).sign()
    return { url: signed.url.href, headers: Object.fromEntries(signed.headers), body }
  },

  messageId: ({ json }) => stringOrNull(json.MessageId),

  explain(answer) {
    const text = stringOrNull(answer.json.message) ?? stringOrNull(answer.json.Message)
    const type = errorType(answer)
    if (type !== null) return text === null ? type : `${type}: ${text}`
    return text
  },

  refusal(answer) {
    if (answer.status < 300) return null
    return refusals[errorType(answer) ?? ''] ?? null
  },
}

/** `MessageRejected` from `x-amzn-ErrorType: MessageRejected:http://...` or from `__type`. */
function errorType({ headers, json }: ProviderAnswer): string | null {
  const type = stringOrNull(headers['x-amzn-errortype']) ?? stringOrNull(json.__type)
  return type?.split(':')[0]?.split('#').at(-1) ?? null
}

function utf8(Data: string) {
  return { Data, Charset: 'UTF-8' }
}

/** SES takes addresses in ASCII: another name goes as encoded-words (RFC 2047, 75 characters each). */
function mailboxInAscii(address: string, name: string | undefined): string {
  if (name === undefined || /^[\x20-\x7e]*$/.test(name)) return formatMailbox(address, name)
  return `${encodeWord(name, 'B', 52)} <${address}>`
}
