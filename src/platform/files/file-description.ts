/** What is known of a content once all of it has been seen. */
export type FileDescription = {
  /** In bytes. */
  readonly size: number
  /** SHA-256 of the content, in hexadecimal digits. */
  readonly sha256: string
  /** By the content itself (content-type.ts). */
  readonly contentType: string
  /** not_scanned: no virus scanner is configured. */
  readonly scan: 'clean' | 'not_scanned'
}

export type StoredFile = FileDescription & { readonly id: string }
