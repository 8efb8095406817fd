/** The types of the API are those that the client package publishes: `npm run api:types -w console` writes them. */
export type { Components, Paths } from '../../../packages/client/src/schema.ts'
