/** Passkeys between the server's JSON and the browser (WebAuthn Level 3 JSON forms). */
type Json = { [name: string]: unknown }
export type Credential = {
  id: string
  rawId: string
  type: 'public-key'
  response: Json
  clientExtensionResults: Json
  authenticatorAttachment?: string | null
}

const toJson = (credential: globalThis.Credential | null): Credential => {
  if (!(credential instanceof PublicKeyCredential)) throw new Error('no credential')
  return credential.toJSON() as unknown as Credential
}

export async function getPasskey(options: Json): Promise<Credential> {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options as never)
  return toJson(await navigator.credentials.get({ publicKey }))
}

export async function createPasskey(options: Json): Promise<Credential> {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options as never)
  return toJson(await navigator.credentials.create({ publicKey }))
}
