import { enFlow } from './en-flow.ts'
import { enParts } from './en-parts.ts'
import { enPeople } from './en-people.ts'
import { enWork } from './en-work.ts'

export const en = { ...enParts, ...enPeople, ...enWork, ...enFlow }
