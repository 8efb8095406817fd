import type { enStart } from './en-start.ts'
import { frFlow } from './fr-flow.ts'
import { frParts } from './fr-parts.ts'
import { frPeople } from './fr-people.ts'
import { frWork } from './fr-work.ts'
import type { Words } from './words.ts'

export const frStart: Words<typeof enStart> = { ...frParts, ...frPeople, ...frWork, ...frFlow }
