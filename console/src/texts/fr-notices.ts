import type { enNotices } from './en-notices.ts'
import type { Words } from './words.ts'

export const frNotices: Words<typeof enNotices> = {}
