import type { enScoring } from './en-scoring.ts'
import type { Words } from './words.ts'

export const frScoring: Words<typeof enScoring> = {}
