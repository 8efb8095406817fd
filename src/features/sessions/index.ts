export { actorOfAccessToken, forgetAccessToken } from './authenticate.ts'
export type { SessionErrorCode } from './errors.ts'
export type { Tokens } from './operations.ts'
export { refreshSession, signIn, signOut } from './operations.ts'
