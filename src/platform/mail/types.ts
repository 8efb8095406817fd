/** `name` as the recipient saves it. */
export type MailAttachment = { name: string; contentType: string; content: Buffer }

/** One message to one recipient. Addresses are plain (`name@example.com`), header values printable ASCII. */
export type MailMessage = {
  to: string
  subject: string
  text: string
  html?: string
  replyTo?: string
  headers?: Record<string, string>
  /** Files that go along, whole in memory. */
  attachments?: readonly MailAttachment[]
  /** SMTP: the id of the message (`<local@domain>`), the same when it is sent once more. Other providers make their own. */
  messageId?: string
}

type Sender = { from_email: string; from_name?: string }

export type SmtpConfig = Sender & {
  host: string
  /** 465: TLS from the first byte, whatever `use_tls` says. */
  port: number
  username?: string
  password?: string
  /** true: STARTTLS, and nothing is sent without it. false: plain text, even where the server offers STARTTLS. */
  use_tls: boolean
}
export type MailgunConfig = Sender & { api_key: string; domain: string; region?: 'us' | 'eu' }
export type SendgridConfig = Sender & { api_key: string }
export type PostmarkConfig = Sender & { server_token: string; message_stream?: string }
export type SesConfig = Sender & { region: string; access_key_id: string; secret_access_key: string }

export type MailConfigs = {
  smtp: SmtpConfig
  mailgun: MailgunConfig
  sendgrid: SendgridConfig
  postmark: PostmarkConfig
  ses: SesConfig
}
export type MailProvider = keyof MailConfigs

/** `{ provider: 'smtp', config: SmtpConfig } | { provider: 'mailgun', config: MailgunConfig } | ...` */
export type MailProviderConfig = { [P in MailProvider]: { provider: P; config: MailConfigs[P] } }[MailProvider]

/** Other base URLs than the providers' own, without a slash at the end. */
export type MailEndpoints = Partial<Record<'mailgun' | 'mailgunEu' | 'sendgrid' | 'postmark' | 'ses' | 'sns', string>>

/** What a provider's module reports of an accepted message. */
export type Acceptance = { providerMessageId: string | null; response: string }
