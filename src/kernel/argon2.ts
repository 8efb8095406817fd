/** argon2id for what people choose: passwords, and secrets of registered clients. Off the main thread, a few at once. */
import { availableParallelism } from 'node:os'
import { hash, verify } from '@node-rs/argon2'

/** OWASP's first choice (19 MiB, 2 passes, 1 lane), about 20 ms of one core; a hash carries its own parameters. */
const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const

/**
 * One more than there are cores, so that none is idle while the main thread takes the next; more would only take the memory
 * caches from one another. And never all of libuv's four threads: the names of hosts are looked up there too, and files are
 * read.
 */
const mostAtOnce = Math.min(availableParallelism() + 1, 3)

let running = 0
const waiting: (() => void)[] = []

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running < mostAtOnce) running++
  // Whoever ends hands its place over.
  else await new Promise<void>((resolve) => waiting.push(resolve))
  try {
    return await work()
  } finally {
    const next = waiting.shift()
    if (next) next()
    else running--
  }
}

/** A PHC string. */
export function hashArgon2id(text: string): Promise<string> {
  return inTurn(() => hash(text, parameters))
}

export function verifyArgon2id(hashed: string, text: string): Promise<boolean> {
  return inTurn(() => verify(hashed, text))
}
