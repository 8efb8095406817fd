import { apiKeyHint, generateApiKey, hashSecret } from '#kernel/api-key.ts'
import { newId } from '#kernel/ids.ts'
import type { OperationContext } from '#platform/operations/operation.ts'
import type { IssuedApiKey } from './schemas.ts'
import { insertApiKey } from './store.ts'

/** Makes a key and keeps its hash; the key itself is in the answer and nowhere else. */
export async function issueApiKey(
  context: OperationContext,
  clientUid: string,
  options: { name: string; isPrimary: boolean; scopes: string[] | null; expiresAt: Date | null },
): Promise<IssuedApiKey> {
  const key = generateApiKey(context.services.settings.apiKeyMode)
  const stored = await insertApiKey(context.tx, context.tenantId, clientUid, {
    id: newId('key'),
    hash: hashSecret(key),
    hint: apiKeyHint(key),
    ...options,
  })
  return { ...stored, key }
}

/** The key that registration shows and regeneration replaces. */
export function issuePrimaryKey(context: OperationContext, clientUid: string): Promise<IssuedApiKey> {
  return issueApiKey(context, clientUid, { name: 'primary', isPrimary: true, scopes: null, expiresAt: null })
}
