import { fileTypeFromBuffer } from 'file-type'
import { Type } from 'typebox'
import type { ErrorDetail } from '#kernel/errors.ts'
import { nullable } from '#kernel/schemas.ts'
import { isTimeZone } from '#kernel/time-zone.ts'
import { valueFault } from '#kernel/value-faults.ts'
import type { OperationContext } from '#platform/operations/operation.ts'
import { defineOperation, definePhasedOperation } from '#platform/operations/operation.ts'
import { reportError } from './errors.ts'
import { reportFault } from './faults.ts'
import { sizeOfJpeg, sizeOfPng } from './picture-rules.ts'
import { usageOf } from './report-store.ts'
import type { Logo } from './schemas.ts'
import { defaultSettings, language } from './schemas.ts'
import { findSettings, saveSettings } from './settings-store.ts'

/** In base64; larger ones would make every mail with a report as large. */
const mostLogoCharacters = 400_000

async function inForce({ tx, tenantId, now }: OperationContext) {
  const [settings, usage] = await Promise.all([findSettings(tx, tenantId), usageOf(tx, tenantId, now)])
  return { ...settings, usage, defaults: defaultSettings }
}

export const viewSettings = defineOperation({
  name: 'report-settings.view',
  summary: 'Shows the settings of reports that are in force, and how much of the limits is used.',
  level: 'account',
  permission: 'report:view',
  effect: 'quick read',
  input: Type.Object({}),
  run: (context) => inForce(context),
})

export const configureReports = definePhasedOperation({
  name: 'report-settings.configure',
  summary: 'Sets language, time zone, limits, and the logo of the tenant’s reports.',
  level: 'account',
  permission: 'report:manage',
  effect: 'write',
  input: Type.Object({
    language: Type.Optional(nullable(language)),
    timeZone: Type.Optional(nullable(Type.String({ maxLength: 64 }))),
    retentionDays: Type.Optional(nullable(Type.Integer({ minimum: 1, maximum: 365 }))),
    dailyLimit: Type.Optional(nullable(Type.Integer({ minimum: 0, maximum: 100_000 }))),
    storedMegabytes: Type.Optional(nullable(Type.Integer({ minimum: 1, maximum: 1_000_000 }))),
    /** PNG or JPEG in base64; null: none. Left out: as it is. */
    logo: Type.Optional(nullable(Type.String({ maxLength: mostLogoCharacters, pattern: '^[A-Za-z0-9+/]+={0,2}$' }))),
  }),
  prepare: async () => null,
  perform: async (_work, { logo }): Promise<Logo | null | undefined> =>
    typeof logo === 'string' ? readLogo(logo) : logo,
  run: async (context, input, logo) => {
    const details: ErrorDetail[] = []
    if (input.timeZone && !isTimeZone(input.timeZone)) {
      details.push({ path: ['body', 'time_zone'], ...valueFault('value_time_zone') })
    }
    if (details.length > 0) throw reportError('report_settings_invalid', { details })
    const { own } = await findSettings(context.tx, context.tenantId)
    const kept = <T>(given: T | null | undefined, present: T | null) => (given === undefined ? present : given)
    await saveSettings(context.tx, context.tenantId, {
      language: kept(input.language, own.language),
      timeZone: kept(input.timeZone, own.timeZone),
      retentionDays: kept(input.retentionDays, own.retentionDays),
      dailyLimit: kept(input.dailyLimit, own.dailyLimit),
      storedMegabytes: kept(input.storedMegabytes, own.storedMegabytes),
      logo,
      now: context.now,
    })
    return inForce(context)
  },
  audit: (input) => ({
    category: 'configuration',
    description: 'Settings of reports changed',
    context: { fields: Object.keys(input) },
  }),
})

/** A picture of few bytes may unpack to gigabytes. */
const mostPixels = 4000

/** What it is, the bytes say. SVG is not taken: it can hold more than a picture. @throws report_settings_invalid */
async function readLogo(base64: string): Promise<Logo> {
  const bytes = Buffer.from(base64, 'base64')
  const found = await fileTypeFromBuffer(bytes).catch(() => undefined)
  const type = found?.mime
  if (type !== 'image/png' && type !== 'image/jpeg') {
    throw reportError('report_settings_invalid', {
      details: [{ path: ['body', 'logo'], ...reportFault('report_logo_form') }],
    })
  }
  const size = type === 'image/png' ? sizeOfPng(bytes) : sizeOfJpeg(bytes)
  if (!size || size.width > mostPixels || size.height > mostPixels) {
    throw reportError('report_settings_invalid', {
      details: [{ path: ['body', 'logo'], ...reportFault('report_logo_pixels', { pixels: mostPixels }) }],
    })
  }
  return { type, bytes }
}
