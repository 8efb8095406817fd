/** What the first load brings; further texts come with the screens that show them (texts.ts). */
import { enFlow } from './en-flow.ts'
import { enParts } from './en-parts.ts'
import { enPeople } from './en-people.ts'
import { enWork } from './en-work.ts'

export const enStart = { ...enParts, ...enPeople, ...enWork, ...enFlow }
