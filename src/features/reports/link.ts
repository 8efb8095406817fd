/** Links by which recipients of a report get its file without a session: signed, for one report, until it expires. */
import { createHmac } from 'node:crypto'
import { Type } from 'typebox'
import { linkKey } from '#features/notifications/index.ts'
import { timingSafeEqualText } from '#kernel/signature.ts'
import { definePhasedOperation } from '#platform/operations/operation.ts'
import { fileOf } from './access.ts'
import { reportError } from './errors.ts'
import { findReport } from './report-store.ts'

type Claim = { tenantId: string; reportId: string }
const separator = '\n'

/** `<base64url of tenant and report>.<base64url of its HMAC-SHA256>` */
export function signReportLink(key: string, { tenantId, reportId }: Claim): string {
  const text = [tenantId, reportId].join(separator)
  return `${Buffer.from(text).toString('base64url')}.${signatureOf(key, text)}`
}

function readReportLink(key: string, token: string): Claim | null {
  const [encoded = '', signature = '', ...more] = token.split('.')
  const text = Buffer.from(encoded, 'base64url').toString('utf8')
  if (more.length > 0 || !timingSafeEqualText(signature, signatureOf(key, text))) return null
  const [tenantId, reportId] = text.split(separator)
  return tenantId && reportId ? { tenantId, reportId } : null
}

function signatureOf(key: string, text: string): string {
  return createHmac('sha256', key).update(`report${separator}${text}`).digest('base64url')
}

export const openReportLink = definePhasedOperation({
  name: 'report.open-link',
  summary: 'Gives the file of a report to whoever holds the signed link from the e-mail, until it expires.',
  level: 'public',
  permission: null,
  effect: 'read',
  input: Type.Object({ token: Type.String({ maxLength: 512 }) }),
  prepare: async () => ({}),
  perform: async ({ services }, input) => {
    const claim = readReportLink(await linkKey(services), input.token)
    if (!claim) throw reportError('report_link_invalid')
    return claim
  },
  run: async (context, _input, { tenantId, reportId }) => {
    await context.enterTenant(tenantId)
    const report = await findReport(context.tx, tenantId, reportId, context.now)
    if (report?.status !== 'ready') throw reportError('report_link_invalid')
    return { report, fileId: fileOf(report), tenantId }
  },
  audit: (_input, { report: { id, templateId: template, format } }) => ({
    category: 'data_access',
    action: 'report.download',
    description: 'Report downloaded by the link from its e-mail',
    target: { type: 'report', id },
    context: { template, format },
  }),
})
