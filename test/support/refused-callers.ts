/** Every kind of caller that must be refused, each with the routes it is refused on and the answer it must get. */
import { generateKeyPairSync, KeyObject } from 'node:crypto'
import type { CryptoKey, JWK } from 'jose'
import { decodeJwt, decodeProtectedHeader, importJWK, SignJWT } from 'jose'
import type { DocumentedRoute } from '#contracts/shared/contract.ts'
import { clientPermissions } from '#features/access/index.ts'
import { createClientWithKey, deactivateClient, deleteClient } from '#features/clients/index.ts'
import { requestPasskeyStepUp, stepUp, verifyPasskeyStepUp } from '#features/sessions/index.ts'
import { generateApiKey } from '#kernel/api-key.ts'
import type { AnyOperation } from '#platform/operations/operation.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import { SigningKeys } from '#platform/signing-keys/signing-keys.ts'
import type { TestApp } from './app.ts'
import type { Outside } from './outside.ts'
import type { PreparedClient } from './prepared-client.ts'
import { prepareClient, prepareTenant, prepareUser, signInAs, systemOf, unique } from './prepared-client.ts'
import type { Credential } from './route-examples.ts'
import { apiKey, bearer } from './route-examples.ts'
import type { TableReader } from './table-checksums.ts'

/** Routes that serve callers without a credential too: what runs for one who is signed in. */
const forSignedIn: Readonly<Record<string, AnyOperation>> = {
  createClient: createClientWithKey,
  verifyMfa: stepUp,
  requestPasskeyAuthentication: requestPasskeyStepUp,
  verifyPasskeyAuthentication: verifyPasskeyStepUp,
}

export function operationOf(route: DocumentedRoute): AnyOperation {
  return forSignedIn[route.operationId] ?? route.operation
}

const protectedRoute = (route: DocumentedRoute) => operationOf(route).level !== 'public'
const ofClient = (route: DocumentedRoute) => operationOf(route).level === 'client'
const namesClient = (route: DocumentedRoute) => ofClient(route) && route.url.includes(':uid')
const namesObject = (route: DocumentedRoute) => ofClient(route) && route.url.includes(':pk')
/** PartnerB2B's addresses name objects, or serve the caller's client and the account alike. */
const ownClient = (route: DocumentedRoute) =>
  ofClient(route) && !route.url.includes(':uid') && route.contract.name !== 'partnerb2b'
const ofAccount = (route: DocumentedRoute) => operationOf(route).level === 'account'
const needsPermission = (route: DocumentedRoute) => operationOf(route).permission !== null
const forInactive = (route: DocumentedRoute) => operationOf(route).inactiveClientMay === true

export type RefusedCaller = {
  title: string
  routes: (route: DocumentedRoute) => boolean
  credential: Credential | ((route: DocumentedRoute) => Credential)
  status: number
  /** The domain's code; each contract has its own word for it. */
  code: string
}

export type Setting = { app: TestApp; outside: Outside; tables: TableReader; subject: PreparedClient }

export async function refusedCallers(setting: Setting): Promise<RefusedCaller[]> {
  return [
    ...(await withoutIdentity(setting)),
    ...(await ended(setting)),
    ...(await stopped(setting)),
    ...(await strangers(setting)),
    ...(await withoutPermission(setting)),
  ]
}

const unauthenticated = { routes: protectedRoute, status: 401, code: 'unauthenticated' }

async function withoutIdentity({ app }: Setting): Promise<RefusedCaller[]> {
  const { services } = app.runtime
  const { access } = await signInAs(app, await prepareUser(app, 'owner'))
  const claims = decodeJwt(access) as { sub: string; tid: string; sid: string }
  const { kid = '' } = decodeProtectedHeader(access)
  const [head = '', payload = '', signature = ''] = access.split('.')
  const [publicJwk] = (await services.signingKeys.publicKeys()).keys as [JWK]
  const publicKey = KeyObject.from((await importJWK(publicJwk, 'EdDSA')) as CryptoKey)

  const own = generateKeyPairSync('ed25519').privateKey
  const signed = (key: KeyObject | Uint8Array, header: { alg: string; kid: string; typ?: string }) =>
    new SignJWT(decodeJwt(access)).setProtectedHeader({ typ: 'at+jwt', ...header }).sign(key)
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const hmac = (secret: string | Buffer) => signed(Buffer.from(secret), { alg: 'HS256', kid })
  const other = new SigningKeys({ database: services.database, secrets: services.secrets, issuer: 'https://evil' })

  const forged: Record<string, string> = {
    'an access token of one word': 'abc',
    'an access token with a changed signature': `${head}.${payload}.${signature.replace(/^./, (c) => (c === 'A' ? 'B' : 'A'))}`,
    'an access token of which the signature was cut off': `${head}.${payload}.`,
    'an access token with another tenant written into it': `${head}.${encode({ ...decodeJwt(access), tid: 'x' })}.${signature}`,
    'an access token signed by a key of its own': await signed(own, { alg: 'EdDSA', kid }),
    'an access token that names an unknown key': await signed(own, { alg: 'EdDSA', kid: 'kid_unknown' }),
    'an access token with alg "none"': `${encode({ alg: 'none', typ: 'at+jwt', kid })}.${payload}.`,
    'an HS256 token whose secret is the raw public key': await hmac(Buffer.from(publicJwk.x ?? '', 'base64url')),
    'an HS256 token whose secret is the public key as PEM': await hmac(
      publicKey.export({ type: 'spki', format: 'pem' }),
    ),
    'an HS256 token whose secret is the published JWK': await hmac(JSON.stringify(publicJwk)),
    'an access token of another issuer': await other.sign(claims, 600),
  }
  return [
    {
      ...unauthenticated,
      title: 'a caller without a credential',
      // ChatAPI's registration is for callers without one.
      routes: (route) => route.operation.level !== 'public',
      credential: {},
    },
    { ...unauthenticated, title: 'Basic authentication', credential: { authorization: 'Basic YTpi' } },
    { ...unauthenticated, title: 'a Bearer without a token', credential: { authorization: 'Bearer ' } },
    { ...unauthenticated, title: 'a malformed API key', credential: apiKey('sk_test_1') },
    { ...unauthenticated, title: 'an API key that was never issued', credential: apiKey(generateApiKey('test')) },
    ...Object.entries(forged).map(([title, token]) => ({ ...unauthenticated, title, credential: bearer(token) })),
    {
      ...unauthenticated,
      title: 'an expired access token',
      credential: bearer(await services.signingKeys.sign(claims, -60)),
      code: 'token_expired',
    },
    {
      ...unauthenticated,
      title: 'an access token of a session that never was',
      credential: bearer(await services.signingKeys.sign({ ...claims, sid: 'sess_00000000000000000000000000' }, 600)),
      code: 'session_ended',
    },
  ]
}

/** Credentials that worked once, and had worked on this process just before they ended (so caches know them). */
async function ended({ app, outside, tables, subject }: Setting): Promise<RefusedCaller[]> {
  const used = async (credential: Credential) => {
    const seen = await app.request(`/api/v1/clients/${subject.uid}`, { headers: credential })
    if (seen.status === 401) throw new Error(`the credential should have worked before it ended: ${seen.text}`)
    return credential
  }
  const session = async (change: string) => {
    const user = await prepareUser(app, 'owner')
    const credential = await used(bearer((await signInAs(app, user)).access))
    await tables.query(change, [user.id])
    return credential
  }
  const key = async (change: string) => {
    const client = await prepareClient(app, outside)
    const credential = await used(apiKey(client.namedKey))
    await tables.query(change, [client.namedKeyId])
    return credential
  }
  const deleted = await prepareClient(app, outside)
  const deletedKey = await used(apiKey(deleted.apiKey))
  const user = await prepareUser(app, 'owner')
  const deletedToken = await used(bearer((await signInAs(app, user, deleted.uid)).access))
  await runForResult(app.runtime.services, deleteClient, { clientUid: deleted.uid }, systemOf(deleted.tenantId))

  const sessionEnded = { ...unauthenticated, code: 'session_ended' }
  const keyEnded = { ...unauthenticated, code: 'api_key_ended' }
  return [
    {
      ...sessionEnded,
      title: 'a revoked session',
      credential: await session('update sessions set revoked_at = now() where user_id = $1'),
    },
    {
      ...sessionEnded,
      title: 'a session past its end',
      credential: await session(`update sessions set expires_at = now() - interval '1 s' where user_id = $1`),
    },
    {
      ...sessionEnded,
      title: 'a deactivated user',
      credential: await session(
        `update users set status = 'deactivated', access_version = access_version + 1 where id = $1`,
      ),
    },
    {
      ...sessionEnded,
      title: 'a deleted user',
      credential: await session('delete from users where id = $1'),
    },
    {
      ...keyEnded,
      title: 'a revoked API key',
      credential: await key('update api_keys set revoked_at = now() where id = $1'),
    },
    {
      ...keyEnded,
      title: 'an expired API key',
      credential: await key(`update api_keys set expires_at = now() - interval '1 s' where id = $1`),
    },
    { ...keyEnded, title: 'the API key of a deleted client', credential: deletedKey },
    { ...sessionEnded, title: 'the token of a deleted client', credential: deletedToken },
  ]
}

async function stopped({ app, outside, tables }: Setting): Promise<RefusedCaller[]> {
  const inactive = await prepareClient(app, outside)
  const inactiveToken = (await signInAs(app, await prepareUser(app, 'owner'), inactive.uid)).access
  await runForResult(app.runtime.services, deactivateClient, { clientUid: inactive.uid }, systemOf(inactive.tenantId))
  const suspended = await prepareTenant(app)
  const client = await prepareClient(app, outside, { tenantId: suspended })
  const user = await prepareUser(app, 'owner', suspended)
  const tokens = await signInAs(app, user)
  await tables.query(`update tenants set status = 'suspended' where id = $1`, [suspended])

  const clientInactive = {
    status: 403,
    code: 'client_inactive',
    routes: (route: DocumentedRoute) => protectedRoute(route) && !forInactive(route),
  }
  const tenantSuspended = { routes: protectedRoute, status: 403, code: 'tenant_suspended' }
  return [
    { ...clientInactive, title: "a deactivated client's API key", credential: apiKey(inactive.apiKey) },
    { ...clientInactive, title: "a deactivated client's token", credential: bearer(inactiveToken) },
    { ...tenantSuspended, title: "a suspended tenant's token", credential: bearer(tokens.access) },
    { ...tenantSuspended, title: "a suspended tenant's API key", credential: apiKey(client.apiKey) },
  ]
}

async function strangers({ app, outside }: Setting): Promise<RefusedCaller[]> {
  const owner = await prepareUser(app, 'owner')
  const neighbour = await prepareClient(app, outside)
  const elsewhere = await prepareTenant(app)
  const account = await signInAs(app, await prepareUser(app, 'owner', elsewhere))
  const stranger = await prepareClient(app, outside, { tenantId: elsewhere })
  const neighbourToken = (await signInAs(app, owner, neighbour.uid)).access
  const otherClient = {
    routes: (route: DocumentedRoute) => namesClient(route) || namesObject(route),
    status: 403,
    code: 'other_client',
  }
  const notFound = { routes: namesObject, status: 404, code: 'profile_not_found' }
  const accountLevel = { routes: ofAccount, status: 403, code: 'account_level_required' }
  return [
    {
      title: "another tenant's account, which learns nothing of the client's existence",
      routes: namesClient,
      credential: bearer(account.access),
      status: 404,
      code: 'client_not_found',
    },
    { ...otherClient, title: 'the API key of another client of the tenant', credential: apiKey(neighbour.apiKey) },
    { ...otherClient, title: 'the token of another client of the tenant', credential: bearer(neighbourToken) },
    {
      ...otherClient,
      routes: namesClient,
      title: "the API key of another tenant's client",
      credential: apiKey(stranger.apiKey),
    },
    {
      ...notFound,
      title: "another tenant's account, which learns nothing of the object's existence",
      credential: bearer(account.access),
    },
    {
      ...notFound,
      title: "the API key of another tenant's client, which learns nothing of the object's existence",
      credential: apiKey(stranger.apiKey),
    },
    { ...accountLevel, title: 'an API key on the account', credential: apiKey(neighbour.apiKey) },
    { ...accountLevel, title: "a client's token of an owner on the account", credential: bearer(neighbourToken) },
    {
      title: "an account-level token where the caller's own client is meant",
      routes: ownClient,
      credential: bearer((await signInAs(app, owner)).access),
      status: 403,
      code: 'client_level_required',
    },
  ]
}

async function withoutPermission({ app, tables, subject }: Setting): Promise<RefusedCaller[]> {
  const viewer = bearer((await signInAs(app, await prepareUser(app, 'viewer'), subject.uid)).access)
  const accountViewer = bearer((await signInAs(app, await prepareUser(app, 'viewer'))).access)
  const nobody = await prepareUser(app, 'viewer')
  await tables.query(`update users set roles = '{}', access_version = access_version + 1 where id = $1`, [nobody.id])
  const none = bearer((await signInAs(app, nobody)).access)
  const missing = { status: 403, code: 'permission_missing' }
  const changes = (route: DocumentedRoute) =>
    needsPermission(route) && !operationOf(route).permission?.endsWith(':view')

  // One key for each permission that an operation needs, with every scope but that one.
  const keys = new Map<string | null, Credential>()
  for (const permission of new Set(app.routes.filter(ofClient).map((route) => operationOf(route).permission))) {
    const others = clientPermissions.filter((one) => one !== permission)
    if (permission !== null) keys.set(permission, await scopedKey(app, subject, others))
  }
  return [
    {
      ...missing,
      title: 'a user without any role',
      routes: needsPermission,
      credential: none,
    },
    {
      ...missing,
      title: 'a viewer who wants to change the account or a client',
      routes: changes,
      credential: accountViewer,
    },
    {
      ...missing,
      title: "a viewer's client-level token that wants to change the client",
      routes: (route) => changes(route) && ofClient(route),
      credential: viewer,
    },
    {
      ...missing,
      title: 'an API key that has every scope but the needed one',
      routes: (route) => ofClient(route) && needsPermission(route),
      credential: (route) => keys.get(operationOf(route).permission) ?? {},
    },
  ]
}

async function scopedKey(app: TestApp, client: PreparedClient, scopes: readonly string[]): Promise<Credential> {
  const answer = await app.request('/api/v1/clients/me/api-keys', {
    method: 'POST',
    apiKey: client.apiKey,
    body: { name: unique('All scopes but one'), scopes },
  })
  if (answer.status !== 201) throw new Error(`key: ${answer.status} ${answer.text}`)
  return apiKey((answer.body as { data: { api_key: string } }).data.api_key)
}
