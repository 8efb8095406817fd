/** What encrypts stored secrets: the ring of master keys in force. */
export type SecretBox = {
  /** A Fernet token under the first key. */
  encrypt(plaintext: string | Buffer): string
  /** @throws InvalidFernetTokenError when no key of the ring opens it */
  decrypt(token: string): Buffer
}
