import { coreError, DomainError } from '#kernel/errors.ts'

/** What encrypts stored secrets: the ring of master keys in force. */
export type SecretBox = {
  /** A Fernet token under the first key. */
  encrypt(plaintext: string | Buffer): string
  /** @throws content_lost when no key of the ring opens it */
  decrypt(token: string): Buffer
}

/** The master key of what others entrusted is gone: they can give it again, and nobody else can do anything about it. */
export function isContentLost(error: unknown): error is DomainError {
  return error instanceof DomainError && error.code === 'content_lost'
}

/**
 * Jobs that meet it try again until this attempt, for about a minute: while servers are given a new key one after the other,
 * this one may lack what another has encrypted.
 */
export const attemptsForKey = 6

/**
 * Opens what the platform made for itself, which nobody could give again: that it does not open says that this server has
 * not the keys of its database.
 * @throws unavailable
 */
export function openOwn(secrets: SecretBox, token: string): Buffer {
  try {
    return secrets.decrypt(token)
  } catch (error) {
    throw isContentLost(error) ? coreError('unavailable', { cause: error.cause }) : error
  }
}
