export type { FileErrorCode } from './errors.ts'
export { fileError } from './errors.ts'
export type { UploadedFile } from './uploads.ts'
export { keepUpload, refuseInfected, uploadedFile } from './uploads.ts'
