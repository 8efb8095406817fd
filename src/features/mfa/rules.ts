/** Codes: what they are and which moments they belong to. */
export const totpPeriodSeconds = 30
/** Steps before and after the present one that are accepted, for clocks that differ (RFC 6238, 5.2). */
export const totpWindowSteps = 1

export type CodeMethod = 'totp' | 'backup_code'

/** As it is compared: authenticators show six digits in two groups, and people type what they see. */
export function withoutBlanks(code: string): string {
  return code.replaceAll(/\s/g, '')
}

/** What a code is, where the caller does not say: six digits come from an authenticator. */
export function methodOf(code: string): CodeMethod {
  return /^\d{6}$/.test(withoutBlanks(code)) ? 'totp' : 'backup_code'
}

/** The step of time that a moment lies in (RFC 6238, 4.2). */
export function totpStep(now: Date): number {
  return Math.floor(now.getTime() / 1000 / totpPeriodSeconds)
}
