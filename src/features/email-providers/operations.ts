import { Type } from 'typebox'
import { uuid } from '#kernel/schemas.ts'
import type { MailProviderConfig } from '#platform/mail/index.ts'
import { joinMailSecrets, MailError, sendMail, splitMailSecrets, validateMailConfig } from '#platform/mail/index.ts'
import type { OperationContext } from '#platform/operations/operation.ts'
import { defineOperation, definePhasedOperation } from '#platform/operations/operation.ts'
import { emailProviderError } from './errors.ts'
import * as store from './store.ts'

const ofClient = Type.Object({ clientUid: uuid })
const configOfClient = Type.Object({
  clientUid: uuid,
  provider: Type.String({ maxLength: 32 }),
  /** Depends on the provider; checked field by field. */
  config: Type.Record(Type.String({ maxLength: 64 }), Type.Unknown()),
})

function requireValidConfig(provider: string, config: Record<string, unknown>): MailProviderConfig {
  const checked = validateMailConfig(provider, config)
  if (checked.ok) return checked.value
  throw emailProviderError('email_config_invalid', {
    message: checked.summary,
    details: [{ path: ['body', 'config', checked.field], ...checked.fault, type: 'email_config' }],
  })
}

function toFields(context: OperationContext, value: MailProviderConfig): store.EmailConfigFields {
  const { settings, secrets } = splitMailSecrets(value)
  return {
    provider: value.provider,
    settings: settings.config,
    secret_ciphertext: context.services.secrets.encrypt(JSON.stringify(secrets)),
    updated_at: context.now,
  }
}

export const viewEmailConfig = defineOperation({
  name: 'email-config.view',
  summary: "Shows the client's e-mail provider, never its secrets.",
  level: 'client',
  permission: 'email-config:view',
  effect: 'quick read',
  input: ofClient,
  client: (input) => input.clientUid,
  run: async ({ tx, tenantId }, input) => {
    const found = await store.findEmailConfig(tx, tenantId, input.clientUid)
    if (!found) throw emailProviderError('email_config_missing')
    return { provider: found.provider, config: found.settings }
  },
})

export const createEmailConfig = defineOperation({
  name: 'email-config.create',
  summary: "Sets the client's e-mail provider.",
  level: 'client',
  permission: 'email-config:update',
  effect: 'write',
  input: configOfClient,
  client: (input) => input.clientUid,
  run: async (context, input) => {
    const fields = toFields(context, requireValidConfig(input.provider, input.config))
    await store.insertEmailConfig(context.tx, context.tenantId, input.clientUid, fields)
    return { provider: fields.provider, config: fields.settings }
  },
  audit: (input) => ({
    category: 'configuration',
    description: 'E-mail provider set',
    target: { type: 'client', id: input.clientUid },
    context: { provider: input.provider },
  }),
})

export const updateEmailConfig = defineOperation({
  name: 'email-config.update',
  summary: "Replaces the client's e-mail provider.",
  level: 'client',
  permission: 'email-config:update',
  effect: 'write',
  input: configOfClient,
  client: (input) => input.clientUid,
  run: async (context, input) => {
    const fields = toFields(context, requireValidConfig(input.provider, input.config))
    const replaced = await store.replaceEmailConfig(context.tx, context.tenantId, input.clientUid, fields)
    if (!replaced) throw emailProviderError('email_config_missing')
    return { provider: fields.provider, config: fields.settings }
  },
  audit: (input) => ({
    category: 'configuration',
    description: 'E-mail provider changed',
    target: { type: 'client', id: input.clientUid },
    context: { provider: input.provider },
  }),
})

export const deleteEmailConfig = defineOperation({
  name: 'email-config.delete',
  summary: "Removes the client's e-mail provider; the platform's own is used from then on.",
  level: 'client',
  permission: 'email-config:update',
  effect: 'write',
  input: ofClient,
  client: (input) => input.clientUid,
  run: async ({ tx, tenantId }, input) => {
    const deleted = await store.deleteEmailConfig(tx, tenantId, input.clientUid)
    if (!deleted) throw emailProviderError('email_config_missing')
    return { uid: input.clientUid }
  },
  audit: (input) => ({
    category: 'configuration',
    description: 'E-mail provider removed',
    target: { type: 'client', id: input.clientUid },
  }),
})

/** What the provider made of the test message. */
export type EmailTestOutcome = {
  success: boolean
  code: string
  message: string
  providerMessageId: string | null
  response: string | null
  durationMs: number
}

export const testEmailConfig = definePhasedOperation({
  name: 'email-config.test',
  summary: "Sends one message through the client's e-mail provider and reports what it answered.",
  level: 'client',
  permission: 'email-config:test',
  effect: 'write',
  input: Type.Object({ clientUid: uuid, to: Type.String({ format: 'email', maxLength: 254 }) }),
  client: (input) => input.clientUid,
  prepare: async ({ tx, tenantId, services }, input) => {
    const found = await store.findEmailConfig(tx, tenantId, input.clientUid)
    if (!found) throw emailProviderError('email_config_missing')
    const secrets = JSON.parse(services.secrets.decrypt(found.secret_ciphertext).toString('utf8'))
    return {
      provider: joinMailSecrets({ provider: found.provider, config: found.settings }, secrets),
      version: found.updated_at,
    }
  },
  perform: async ({ services }, input, { provider, version }) => {
    const started = performance.now()
    const message = {
      to: input.to,
      subject: 'Test of your e-mail configuration / Test de votre configuration e-mail',
      text: `This message was sent to check an e-mail configuration of Clientele. It works: there is nothing to do.

Ce message vérifie une configuration e-mail de Clientele. Elle fonctionne : il n'y a rien à faire.
`,
    }
    const elapsed = () => Math.round(performance.now() - started)
    try {
      const sent = await sendMail(services.outbound, provider, message, {
        endpoints: services.settings.mailEndpoints,
        ...(services.settings.smtpCertificateAuthority ? { tlsCa: services.settings.smtpCertificateAuthority } : {}),
      })
      const outcome: EmailTestOutcome = {
        success: true,
        code: 'accepted',
        message: 'The provider accepted the message.',
        providerMessageId: sent.providerMessageId,
        response: sent.response,
        durationMs: elapsed(),
      }
      return { outcome, version }
    } catch (error) {
      if (!(error instanceof MailError)) throw error
      const outcome: EmailTestOutcome = {
        success: false,
        code: error.code,
        message: error.message,
        providerMessageId: null,
        response: error.response,
        durationMs: elapsed(),
      }
      return { outcome, version }
    }
  },
  run: async ({ tx, tenantId, now }, input, { outcome, version }) => {
    const error = outcome.success ? null : outcome.message
    await store.recordEmailTest(tx, tenantId, input.clientUid, { testedVersion: version, at: now, error })
    return { outcome }
  },
  audit: (input, { outcome }) => ({
    category: 'configuration',
    description: 'E-mail provider tested',
    target: { type: 'client', id: input.clientUid },
    context: { success: outcome.success, code: outcome.code },
  }),
})
