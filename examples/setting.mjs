// What all examples share: where the server is, and who its staff are.
import { Clientele, session } from '@clientele/client'

export const baseUrl = process.env.API ?? 'http://localhost:8000'

/** @param {string} [clientUid] the client to act for; left out: the account itself */
export function staff(clientUid) {
  const credential = session({
    username: process.env.CLIENTELE_ADMIN ?? 'admin@example.com',
    password: process.env.CLIENTELE_ADMIN_PASSWORD ?? '',
    tenantId: process.env.CLIENTELE_TENANT ?? 'tenant_001',
    ...(clientUid ? { clientUid } : {}),
  })
  return new Clientele({ baseUrl, credential })
}

/**
 * Asks again until it is so.
 * @template T
 * @param {() => Promise<T>} ask
 * @param {(answer: T) => boolean} isDone
 */
export async function until(ask, isDone) {
  for (let wait = 50; ; wait = Math.min(wait * 1.5, 2000)) {
    const answer = await ask()
    if (isDone(answer)) return answer
    await new Promise((resolve) => setTimeout(resolve, wait))
  }
}
