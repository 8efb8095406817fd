import { InvalidEncryptionKeyError, parseClientEncryptionKey } from '#kernel/client-encryption.ts'
import { credentialError } from './errors.ts'
import { credentialFault } from './faults.ts'

const loopbackHosts = new Set(['localhost', '127.0.0.1', '[::1]'])

/** Secrets travel to these addresses, so https; plain http only to this machine, for development. */
export function requireServiceUrl(field: string, text: string): void {
  let url: URL | null
  try {
    url = new URL(text)
  } catch {
    url = null
  }
  const secure = url?.protocol === 'https:' || (url?.protocol === 'http:' && loopbackHosts.has(url.hostname))
  if (url && secure && url.username === '' && url.password === '' && url.hash === '') return
  const told = credentialFault('credential_url', { field })
  throw credentialError('credential_url_invalid', {
    message: told.message,
    details: [{ path: ['body', field], ...told, type: 'value_error.url' }],
  })
}

/** @throws encryption_key_required when it is missing, encryption_key_malformed when it is no key; neither names the key */
export function requireClientKey(text: string | undefined): Buffer {
  if (text === undefined || text === '') throw credentialError('encryption_key_required')
  try {
    return parseClientEncryptionKey(text)
  } catch (error) {
    if (error instanceof InvalidEncryptionKeyError) throw credentialError('encryption_key_malformed')
    throw error
  }
}

/** Binds a sealed secret to its place: moved to another client or kind, it does not open. */
export function sealingContext(tenantId: string, clientUid: string, kind: string): string {
  return `${tenantId}/${clientUid}/${kind}`
}
