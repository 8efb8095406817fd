/** RFC 6238 by the library otpauth: SHA-1, six digits, 30 seconds, which is what every authenticator supports. */
import { Secret, TOTP } from 'otpauth'
import { totpPeriodSeconds, totpStep, totpWindowSteps, withoutBlanks } from './rules.ts'

const issuer = 'Clientele'
const secretBytes = 20

function authenticator(secretBase32: string, account: string): TOTP {
  return new TOTP({
    issuer,
    label: account,
    algorithm: 'SHA1',
    digits: 6,
    period: totpPeriodSeconds,
    secret: Secret.fromBase32(secretBase32),
  })
}

/** A new secret in base32, and its QR code as a PNG data URL. */
export async function newAuthenticator(account: string): Promise<{ secret: string; qrCode: string }> {
  const secret = new Secret({ size: secretBytes }).base32
  const { toDataURL } = await import('qrcode')
  const uri = authenticator(secret, account).toString()
  return { secret, qrCode: await toDataURL(uri, { errorCorrectionLevel: 'M', margin: 4, scale: 6 }) }
}

/** The step whose code this is, if it is one of the present step and its neighbours; compared in constant time. */
export function findStep(secretBase32: string, code: string, now: Date): number | null {
  const token = withoutBlanks(code)
  if (!/^\d{6}$/.test(token)) return null
  const delta = authenticator(secretBase32, '').validate({
    token,
    timestamp: now.getTime(),
    window: totpWindowSteps,
  })
  // The library answers 0 for the present step.
  return delta === null ? null : totpStep(now) + delta
}
