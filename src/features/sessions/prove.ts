import type { CodeMethod } from '#features/mfa/index.ts'
import { proveCode, withoutBlanks } from '#features/mfa/index.ts'
import { hashSecret } from '#kernel/api-key.ts'
import type { OperationContext } from '#platform/operations/operation.ts'
import * as pendingStore from './pending-store.ts'

/** Codes are short-lived and few: the hash keeps them from being read by chance, no more. */
export function hashOfCode(userId: string, code: string): Buffer {
  return hashSecret(`${userId} ${withoutBlanks(code)}`)
}

/**
 * Whether the code finishes a sign-in of the user: it is right and new, or it was proven a moment ago from the same
 * address without the token (the document's own call) and has finished nothing yet.
 * @throws attempts_throttled
 */
export async function acceptsCode(
  context: OperationContext,
  userId: string,
  given: { code: string; method: CodeMethod },
): Promise<boolean> {
  const { tx, tenantId, origin } = context
  const codeHash = hashOfCode(userId, given.code)
  if (await pendingStore.takeProvenCode(tx, tenantId, { userId, address: origin.ipAddress, codeHash })) return true
  return proveCode(context, { tenantId, userId }, given)
}
