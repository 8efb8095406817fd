/** argon2id for what people choose: passwords, and secrets of registered clients. Off the main thread, a few at once. */
import { availableParallelism } from 'node:os'
import { hash, verify } from '@node-rs/argon2'
import { GroupedTurns } from './grouped-turns.ts'

/** OWASP's first choice (19 MiB, 2 passes, 1 lane), about 20 ms of one core; a hash carries its own parameters. */
const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const

/**
 * As many at once as there are cores: more would only take the memory caches from one another. And never all of libuv's four
 * threads: the names of hosts are looked up there too, and files are read.
 *
 * When others wait, those that have ended go on together. Each hash fills 19 MiB, so what follows it (the server's part of a
 * sign-in and the database's) finds its caches emptied, and costs three times as much as right behind another one
 * (docs/decisions/0038).
 */
const turns = new GroupedTurns({ mostAtOnce: Math.min(availableParallelism(), 3), mostTogether: 8, longestHeldMs: 50 })

/** A PHC string. */
export function hashArgon2id(text: string): Promise<string> {
  return turns.run(() => hash(text, parameters))
}

export function verifyArgon2id(hashed: string, text: string): Promise<boolean> {
  return turns.run(() => verify(hashed, text))
}
