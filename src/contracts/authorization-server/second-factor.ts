/** The page after the password: a passkey for who has one, or a code. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { originOf } from '../shared/contract.ts'
import type { Fault, InteractionOptions, Step } from './interaction-step.ts'
import { faultOf, finishSignIn, interactionPath, sendPage, sendSignIn, signingIn, via } from './interaction-step.ts'
import * as pages from './pages.ts'
import type { Pending, SignInOutcome } from './sign-in.ts'
import { passkeyOptions, provePasskey, proveSecondFactor } from './sign-in.ts'
import { texts } from './texts.ts'

export function secondFactorRoutes(app: FastifyInstance, options: InteractionOptions): void {
  const { services } = options
  const config = { contract: via }

  app.post(`${interactionPath}/second-factor`, { config }, async (request, reply) => {
    const { step, fields } = await signingIn(options, request)
    const pending = pendingOf(fields)
    const given = { ...pending, code: (fields.get('code') ?? '').replace(/\s/g, '') }
    const outcome = await proveSecondFactor(services, given, originOf(request, via))
    return answer({ options, request, reply }, step, { pending, outcome, tried: 'code' })
  })

  app.post(`${interactionPath}/passkey`, { config }, async (request, reply) => {
    const { step, fields } = await signingIn(options, request)
    const pending = pendingOf(fields)
    const given = { mfaToken: pending.mfaToken, credential: parsed(fields.get('credential') ?? '') }
    const outcome = await provePasskey(services, given, originOf(request, via))
    return answer({ options, request, reply }, step, { pending, outcome, tried: 'passkey' })
  })
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return null
  }
}

/** As the page carries it from one attempt to the next; the server believes nothing of it but the token. */
function pendingOf(fields: URLSearchParams): Pending {
  return {
    userId: fields.get('user_id') ?? '',
    mfaToken: fields.get('mfa_token') ?? '',
    methods: (fields.get('methods') ?? '').split(' '),
  }
}

type Exchange = { options: InteractionOptions; request: FastifyRequest; reply: FastifyReply }
type Tried = 'code' | 'passkey'

async function answer(
  exchange: Exchange,
  step: Step,
  { pending, outcome, tried }: { pending: Pending; outcome: SignInOutcome; tried: Tried },
): Promise<FastifyReply> {
  const { request, reply } = exchange
  if (outcome.kind === 'signed_in') return finishSignIn(request, reply, step, outcome)
  if (outcome.kind === 'refused' && outcome.code !== 'mfa_sign_in_ended') {
    return sendSecondFactor(exchange, step, { pending, fault: faultOf(step, outcome, pending.methods), tried })
  }
  return sendEnded(reply, step)
}

function sendEnded(reply: FastifyReply, step: Step): FastifyReply {
  const fault = { text: texts[step.setting.language].pendingEnded, status: 422 }
  return sendSignIn(reply, step, { fault, username: '' })
}

/** Each showing of the page has a challenge of its own: one that was answered is used up. */
export async function sendSecondFactor(
  { options, request, reply }: Exchange,
  step: Step,
  { pending, fault, tried }: { pending: Pending; fault: Fault | null; tried: Tried | null },
): Promise<FastifyReply> {
  const asked = pending.methods.includes('passkey')
    ? await passkeyOptions(options.services, pending.mfaToken, originOf(request, via))
    : { options: null }
  if (asked === 'ended') return sendEnded(reply, step)
  const shown = { ...step.form, ...pending, fault: fault?.text ?? null, tried, passkey: asked.options }
  const page = pages.secondFactorPage(step.setting, shown)
  return sendPage(reply, step, { page, fault, hasScript: asked.options !== null })
}
