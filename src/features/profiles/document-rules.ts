/** Whether a file is what its attribute takes, by its content. Pure. */
import type { Told } from '#kernel/faults.ts'
import { documentFault } from './faults.ts'
import type { Attribute } from './schemas.ts'

/** The media types that an ending stands for; one that is not here stands for nothing that is taken. */
const typesOfEnding: Readonly<Record<string, readonly string[]>> = {
  avif: ['image/avif'],
  bmp: ['image/bmp'],
  csv: ['text/csv', 'text/plain'],
  docx: ['application/vnd.openxmlformats-officedocument.wordprocessingml.document'],
  gif: ['image/gif'],
  heic: ['image/heic'],
  jpeg: ['image/jpeg'],
  jpg: ['image/jpeg'],
  json: ['application/json'],
  pdf: ['application/pdf'],
  png: ['image/png'],
  tif: ['image/tiff'],
  tiff: ['image/tiff'],
  txt: ['text/plain', 'text/csv', 'application/json'],
  webp: ['image/webp'],
  xlsx: ['application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'],
  xml: ['application/xml'],
  zip: ['application/zip'],
}

/** Where the attribute says nothing: what people send as proof of something. */
const byDefault = 'pdf, jpg, png, webp, heic, tif'

export type FileFault = { code: 'attribute_type' | 'attribute_value'; told: Told }

/** What is wrong with a file for the attribute; null: nothing. */
export function judgeFile(
  attribute: Pick<Attribute, 'type' | 'acceptedFormat' | 'maxSize'>,
  file: { contentType: string; size: number },
): FileFault | null {
  if (attribute.type !== 'file') return { code: 'attribute_type', told: documentFault('document_no_file_attribute') }
  const accepted = attribute.acceptedFormat ?? byDefault
  const types = accepted.split(',').flatMap((ending) => typesOfEnding[ending.trim()] ?? [])
  if (!types.includes(file.contentType)) {
    const told = documentFault('document_format', { accepted, found: file.contentType })
    return { code: 'attribute_type', told }
  }
  if (attribute.maxSize !== null && file.size > attribute.maxSize) {
    const told = documentFault('document_size', { most: attribute.maxSize, size: file.size })
    return { code: 'attribute_value', told }
  }
  return null
}
