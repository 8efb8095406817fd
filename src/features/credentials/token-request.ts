import type { Services } from '#platform/operations/services.ts'
import { OutboundError } from '#platform/outbound-http/index.ts'

const timeoutMs = 10_000

/**
 * Asks a token endpoint for a token by OAuth 2.0 client credentials (RFC 6749, 4.4), with the secret in the Authorization
 * header, which every server must support (2.3.1), and once more in the body for those that don't.
 * @returns null when a token came, else what went wrong, fit to be shown: it never holds the secret or the token
 */
export async function requestToken(
  services: Services,
  credential: { tokenUrl: string; clientId: string; clientSecret: string },
): Promise<string | null> {
  try {
    const basic = await post(services, credential, 'header')
    if (basic.status !== 400 && basic.status !== 401) return verdict(basic)
    return verdict(await post(services, credential, 'body'))
  } catch (error) {
    if (error instanceof OutboundError) return error.message
    throw error
  }
}

type TokenAnswer = { status: number; body: Buffer }

function post(
  services: Services,
  credential: { tokenUrl: string; clientId: string; clientSecret: string },
  secretIn: 'header' | 'body',
): Promise<TokenAnswer> {
  const { clientId, clientSecret, tokenUrl } = credential
  const form = new URLSearchParams({ grant_type: 'client_credentials' })
  const headers: Record<string, string> = {
    accept: 'application/json',
    'content-type': 'application/x-www-form-urlencoded',
  }
  if (secretIn === 'header') {
    const pair = `${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`
    headers.authorization = `Basic ${Buffer.from(pair).toString('base64')}`
  } else {
    form.set('client_id', clientId)
    form.set('client_secret', clientSecret)
  }
  return services.outbound.request({ method: 'POST', url: tokenUrl, headers, body: form.toString(), timeoutMs })
}

function verdict({ status, body }: TokenAnswer): string | null {
  const answer = parse(body)
  if (status >= 200 && status < 300) {
    return typeof answer.access_token === 'string' && answer.access_token !== ''
      ? null
      : `The token endpoint answered ${status} without an access_token.`
  }
  // RFC 6749, 5.2: an error code of printable ASCII; anything else of the answer may echo the secret.
  const code = typeof answer.error === 'string' && /^[a-z_]{1,40}$/.test(answer.error) ? ` (${answer.error})` : ''
  return `The token endpoint answered ${status}${code}.`
}

function parse(body: Buffer): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(body.toString('utf8'))
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
