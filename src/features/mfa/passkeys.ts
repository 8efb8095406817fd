/** Passkeys (WebAuthn level 3) by @simplewebauthn/server; the relying party is the host of CLIENTELE_PUBLIC_URL. */
import type {
  AuthenticationResponseJSON,
  AuthenticatorTransport,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
} from '@simplewebauthn/server'
import { Type } from 'typebox'
import type { OperationContext } from '#platform/operations/operation.ts'
import * as store from './passkey-store.ts'
import type { Owner } from './store.ts'

/** Loaded by the first who uses a passkey: its ASN.1 libraries would cost every start a tenth of a second. */
const webauthn = () => import('@simplewebauthn/server')

const base64url = (maxLength: number) => Type.String({ pattern: '^[A-Za-z0-9_-]+$', maxLength })

/** A credential as the browser's `toJSON()` gives it; the library checks what is in it. */
export const credentialResponse = Type.Object({
  id: base64url(1400),
  rawId: base64url(1400),
  type: Type.Literal('public-key'),
  response: Type.Record(Type.String({ maxLength: 64 }), Type.Unknown()),
  clientExtensionResults: Type.Record(Type.String({ maxLength: 64 }), Type.Unknown()),
  authenticatorAttachment: Type.Optional(Type.Union([Type.String({ maxLength: 32 }), Type.Null()])),
})
export type CredentialResponse = Type.Static<typeof credentialResponse>

function relyingParty({ services }: OperationContext): { id: string; origin: string } {
  const url = new URL(services.settings.publicUrl)
  return { id: url.hostname, origin: url.origin }
}

export async function registrationOptions(
  context: OperationContext,
  owner: Owner,
  { email, boundTo, known }: { email: string; boundTo: string; known: readonly store.Passkey[] },
): Promise<PublicKeyCredentialCreationOptionsJSON> {
  const options = await (await webauthn()).generateRegistrationOptions({
    rpName: 'Clientele',
    rpID: relyingParty(context).id,
    userID: new Uint8Array(Buffer.from(owner.userId)),
    userName: email,
    attestationType: 'none',
    excludeCredentials: known.map((one) => ({ id: one.id, transports: one.transports as AuthenticatorTransport[] })),
    authenticatorSelection: { residentKey: 'preferred', userVerification: 'preferred' },
  })
  await store.insertChallenge(context.tx, owner, {
    purpose: 'registration',
    boundTo,
    challenge: options.challenge,
  })
  return options
}

/** The new passkey, or null when the answer does not hold. Takes the challenge away either way. */
export async function checkRegistration(
  context: OperationContext,
  owner: Owner,
  { boundTo, credential }: { boundTo: string; credential: CredentialResponse },
): Promise<(store.PasskeyKey & { isBackedUp: boolean }) | null> {
  const { id, origin } = relyingParty(context)
  const { verifyRegistrationResponse } = await webauthn()
  const verified = await holds(() =>
    verifyRegistrationResponse({
      response: credential as unknown as RegistrationResponseJSON,
      expectedChallenge: (challenge) =>
        store.takeChallenge(context.tx, owner, { purpose: 'registration', boundTo, challenge }),
      expectedOrigin: origin,
      expectedRPID: id,
      requireUserVerification: false,
    }),
  )
  if (!verified?.verified || !verified.registrationInfo) return null
  const { credential: key, credentialBackedUp } = verified.registrationInfo
  return {
    id: key.id,
    publicKey: Buffer.from(key.publicKey),
    signCount: key.counter,
    transports: key.transports ?? [],
    isBackedUp: credentialBackedUp,
  }
}

/** What the browser needs to prove one of the user's passkeys; null when there is none. */
export async function assertionOptions(
  context: OperationContext,
  owner: Owner,
  boundTo: string,
): Promise<PublicKeyCredentialRequestOptionsJSON | null> {
  const known = await store.listPasskeys(context.tx, owner)
  if (known.length === 0) return null
  const options = await (await webauthn()).generateAuthenticationOptions({
    rpID: relyingParty(context).id,
    allowCredentials: known.map((one) => ({ id: one.id, transports: one.transports as AuthenticatorTransport[] })),
    userVerification: 'preferred',
  })
  await store.insertChallenge(context.tx, owner, { purpose: 'authentication', boundTo, challenge: options.challenge })
  return options
}

/** Whether the answer proves one of the user's passkeys. Takes the challenge away either way. */
export async function proveAssertion(
  context: OperationContext,
  owner: Owner,
  { boundTo, credential }: { boundTo: string; credential: CredentialResponse },
): Promise<boolean> {
  const passkey = await store.findPasskey(context.tx, owner, credential.id)
  if (!passkey) return false
  const { id, origin } = relyingParty(context)
  const { verifyAuthenticationResponse } = await webauthn()
  const verified = await holds(() =>
    verifyAuthenticationResponse({
      response: credential as unknown as AuthenticationResponseJSON,
      expectedChallenge: (challenge) =>
        store.takeChallenge(context.tx, owner, { purpose: 'authentication', boundTo, challenge }),
      expectedOrigin: origin,
      expectedRPID: id,
      credential: {
        id: passkey.id,
        publicKey: new Uint8Array(passkey.publicKey),
        counter: passkey.signCount,
        transports: passkey.transports,
      },
      requireUserVerification: false,
    }),
  )
  if (!verified?.verified) return false
  const signCount = verified.authenticationInfo.newCounter
  await store.recordPasskeyUse(context.tx, owner, { id: passkey.id, signCount, now: context.now })
  return true
}

/** The library throws for every answer that does not hold; the database's own failures must go on. */
async function holds<T>(verify: () => Promise<T>): Promise<T | null> {
  try {
    return await verify()
  } catch (error) {
    if (error instanceof Error && 'severity' in error) throw error
    return null
  }
}
