/** A file of the store that goes along with an e-mail. */
import type { MailAttachment } from '#platform/mail/index.ts'
import type { Services } from '#platform/operations/services.ts'
import { isContentLost } from '#platform/secrets/secret-box.ts'

/** Of a file that may expire before the message is sent: then the message fails. */
export type Attachment = { file_id: string; name: string; content_type: string }

/** @returns null when the file is no more; closed: no key that this process has opens it */
export async function readAttachment(
  { files }: Pick<Services, 'files'>,
  tenantId: string,
  { file_id: id, name, content_type: contentType }: Attachment,
): Promise<MailAttachment | 'closed' | null> {
  const opened = await files.open(tenantId, id).catch((error: unknown) => {
    if (isContentLost(error)) return 'closed' as const
    throw error
  })
  if (opened === 'closed' || !opened) return opened
  const pieces: Buffer[] = []
  for await (const piece of opened.content) pieces.push(piece as Buffer)
  return { name, contentType, content: Buffer.concat(pieces) }
}
