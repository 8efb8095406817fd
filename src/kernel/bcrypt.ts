/** bcrypt hashes that were made elsewhere. */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

/** One at a time: whoever presents wrong secrets shall not have all cores. */
let last: Promise<unknown> = Promise.resolve()

/** A second and more for costs of 14, off the main thread. @throws what goes wrong in the thread */
export function verifyBcrypt(hash: string, text: string): Promise<boolean> {
  const result = last.then(() => compareInThread(hash, text))
  last = result.catch(() => {})
  return result
}

async function compareInThread(hash: string, text: string): Promise<boolean> {
  const thread = new Worker(new URL('bcrypt-thread.ts', import.meta.url), { workerData: { hash, text } })
  try {
    const [holds] = (await once(thread, 'message')) as [boolean]
    return holds
  } finally {
    await thread.terminate()
  }
}
