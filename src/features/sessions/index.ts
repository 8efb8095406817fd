export { actorOfAccessToken, forgetAccessToken, isKnownAccessToken } from './authenticate.ts'
export type { SessionErrorCode } from './errors.ts'
export type { Tokens } from './issue.ts'
export type { SessionView } from './operations.ts'
export { endOtherSessions, endOwnSession, listSessions, refreshSession, signOut } from './operations.ts'
export type { Verification } from './second-factor.ts'
export {
  requestPasskeySignIn,
  requestPasskeyStepUp,
  stepUp,
  verifyPasskeySignIn,
  verifyPasskeyStepUp,
  verifySecondFactor,
} from './second-factor.ts'
export type { MfaPending, SignInResult } from './sign-in.ts'
export { signIn, tokensOf } from './sign-in.ts'
export { whoAmI } from './who-am-i.ts'
