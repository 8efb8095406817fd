/** Signing in and consenting: what happens between the authorization request and its answer. */
import type { FastifyInstance, FastifyReply } from 'fastify'
import { findSubject, recordConsent } from '#features/oauth/index.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import type { Services } from '#platform/operations/services.ts'
import { originOf } from '../shared/contract.ts'
import { servedClient } from './client.ts'
import type { InteractionOptions, Step } from './interaction-step.ts'
import {
  expired,
  faultOf,
  finish,
  finishSignIn,
  interactionPath,
  nameOf,
  open,
  sendPage,
  sendSignIn,
  signingIn,
  submitted,
  via,
} from './interaction-step.ts'
import * as pages from './pages.ts'
import { addScopes, requestedScopes } from './policy.ts'
import { secondFactorRoutes, sendSecondFactor } from './second-factor.ts'
import { signInToTenant } from './sign-in.ts'
import { texts } from './texts.ts'

export function interactionRoutes(app: FastifyInstance, options: InteractionOptions): void {
  const { services } = options
  const config = { contract: via }
  const base = interactionPath

  app.get(base, { config }, async (request, reply) => {
    const step = await open(options, request)
    if (step.interaction.prompt.name === 'login') return sendSignIn(reply, step, { fault: null, username: hint(step) })
    return sendConsent(services, reply, step)
  })

  app.post(`${base}/sign-in`, { config }, async (request, reply) => {
    const { step, fields, tenantId } = await signingIn(options, request)
    const username = fields.get('username') ?? ''
    const given = { tenantId, username, password: fields.get('password') ?? '' }
    const outcome = await signInToTenant(services, given, originOf(request, via))
    if (outcome.kind === 'signed_in') {
      const subject = await findSubject(services.database, tenantId, outcome.userId)
      if (!subject?.lacksSecondFactor) return finishSignIn(request, reply, step, outcome)
      const fault = { text: texts[step.setting.language].secondFactorNeeded, status: 422, isOfAccount: true as const }
      return sendSignIn(reply, step, { fault, username })
    }
    if (outcome.kind === 'second_factor') {
      return sendSecondFactor({ options, request, reply }, step, { pending: outcome, fault: null, tried: null })
    }
    return sendSignIn(reply, step, { fault: faultOf(step, outcome), username })
  })

  secondFactorRoutes(app, options)

  app.post(`${base}/consent`, { config }, async (request, reply) => {
    const { step } = await submitted(options, request)
    const { interaction, server, client } = step
    const accountId = interaction.session?.accountId
    if (interaction.prompt.name !== 'consent' || accountId === undefined) throw expired()
    const scopes = requestedScopes(interaction.params)
    const before = interaction.grantId ? await server.provider.Grant.find(interaction.grantId) : undefined
    const grant = before ?? new server.provider.Grant({ accountId, clientId: client.clientId })
    addScopes(grant, scopes, services.settings.publicUrl)
    const { id, tenantId } = servedClient(client)
    const actor = { kind: 'system' as const, tenantId, name: via }
    const input = { registeredClientId: id, userId: accountId, scopes }
    await runForResult(services, recordConsent, input, { actor, origin: originOf(request, via) })
    const grantId = await grant.save()
    return finish(request, reply, step, { consent: { grantId } })
  })

  app.post(`${base}/abort`, { config }, async (request, reply) => {
    const { step } = await submitted(options, request)
    const result = { error: 'access_denied', error_description: 'the user refused' }
    return finish(request, reply, step, result)
  })
}

function hint({ interaction }: Step): string {
  const given = interaction.params.login_hint
  return typeof given === 'string' ? given.slice(0, 254) : ''
}

async function sendConsent(services: Services, reply: FastifyReply, step: Step): Promise<FastifyReply> {
  const { interaction, client } = step
  const { tenantId } = servedClient(client)
  const subject = await findSubject(services.database, tenantId, interaction.session?.accountId ?? '')
  if (!subject) throw expired()
  const host = URL.parse(String(interaction.params.redirect_uri))?.host ?? ''
  const shown = {
    fault: null,
    client: nameOf(step),
    user: subject.email,
    scopes: requestedScopes(interaction.params),
    host,
  }
  return sendPage(reply, step, { page: pages.consentPage(step.setting, { ...step.form, ...shown }) })
}
