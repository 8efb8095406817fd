import { frFlow } from './fr-flow.ts'
import { frParts } from './fr-parts.ts'
import { frPeople } from './fr-people.ts'
import { frWork } from './fr-work.ts'
import type { Texts } from './texts.ts'

export const fr: Texts = { ...frParts, ...frPeople, ...frWork, ...frFlow }
