/** Secrets of registered clients: kept as {encoder}hash, never shown, compared without asking argon2id twice for the same. */
import { hash as hashOnce, randomBytes } from 'node:crypto'
import { compare } from 'bcryptjs'
import { LRUCache } from 'lru-cache'
import { hashArgon2id, verifyArgon2id } from '#kernel/argon2.ts'
import type { Told } from '#kernel/faults.ts'
import { oauthError } from './errors.ts'
import { atField, oauthFault } from './faults.ts'

const masked = /^\{[\w@.-]+\}\*{8}$/
const prefixed = /^\{([^{}]*)\}(.*)$/s
/** Cost 4 to 14: one comparison at 15 and beyond would take seconds. */
const bcryptHash = /^\$2[aby]\$(?:0[4-9]|1[0-4])\$[./A-Za-z0-9]{53}$/
/** Visible ASCII, as the wire form of a secret has (RFC 6749 appendix A.2). */
const presentable = /^[\x21-\x7e]{1,255}$/

export function encoderOf(secretHash: string): string {
  return prefixed.exec(secretHash)?.[1] ?? 'unknown'
}

/**
 * What to keep of a secret that an administrator gave; undefined: keep the present one.
 * @throws oauth_client_invalid
 */
export async function encodeSecret(given: string | null | undefined): Promise<string | undefined> {
  if (given === undefined || given === null || given === '' || masked.test(given)) return undefined
  const parts = prefixed.exec(given)
  const [encoder, text] = parts ? [parts[1] ?? '', parts[2] ?? ''] : ['noop', given]
  if (encoder === 'bcrypt') {
    if (!bcryptHash.test(text)) throw invalid(oauthFault('oauth_secret_bcrypt', { encoder: '{bcrypt}' }))
    return given
  }
  if (encoder !== 'noop')
    throw invalid(oauthFault('oauth_secret_encoder', { encoder: `{${encoder.slice(0, 20)}}`, known: '{bcrypt}' }))
  if (!presentable.test(text)) throw invalid(oauthFault('oauth_secret_form'))
  // A secret that a person chose may be weak.
  return `{argon2id}${await hashArgon2id(text)}`
}

function invalid(told: Told): Error {
  const detail = atField('clientSecret', told)
  return oauthError('oauth_client_invalid', { message: detail.message, details: [detail] })
}

/**
 * Pairs of hash and secret that have matched, hashed behind a random text of this process: programs present the same secret
 * with every request, and argon2id is meant to be slow. A changed secret has another hash, so nothing outlives a change.
 */
const salt = randomBytes(32).toString('base64')
const matched = new LRUCache<string, true>({ max: 10_000 })

const nameOf = (secretHash: string, presented: string) =>
  hashOnce('sha256', `${salt} ${secretHash} ${presented}`, 'base64')

/** Whether the pair has matched before in this process. False says nothing about the secret: ask verifySecret. */
export function isKnownSecret(secretHash: string, presented: string): boolean {
  return matched.has(nameOf(secretHash, presented))
}

export async function verifySecret(secretHash: string, presented: string): Promise<boolean> {
  const name = nameOf(secretHash, presented)
  if (matched.has(name)) return true
  const hashed = secretHash.slice(secretHash.indexOf('}') + 1)
  const holds = secretHash.startsWith('{bcrypt}')
    ? await compare(presented, hashed)
    : await verifyArgon2id(hashed, presented)
  if (holds) matched.set(name, true)
  return holds
}
