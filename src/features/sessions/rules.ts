/** How long sessions and what belongs to them live. The entrance of the database (migrations/0002) knows the idle end too. */

/** From the sign-in, whatever happens. */
export const sessionLifetimeSeconds = 7 * 24 * 3600
/** Without a request or a refresh. */
export const idleLimitSeconds = 30 * 60
/** Of one user at one level (the account's, or one client's). */
export const mostSessions = 5
/** From the right password to the second factor. */
export const pendingLifetimeSeconds = 5 * 60
export const mostWrongCodes = 5
