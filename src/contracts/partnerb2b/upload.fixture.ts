/** A partner with a profile, on a server that takes files of a megabyte. */
import { randomBytes } from 'node:crypto'
import { createProfile } from '#features/profiles/index.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import type { Answer, TestApp } from '#test/support/app.ts'
import { firstTenant, startTestApp } from '#test/support/app.ts'
import { partsOf } from '#test/support/form.ts'
import { queryAsOwner } from '#test/support/owner-query.ts'
import { profileAttributes, systemOf } from '#test/support/prepared-client.ts'

export const maxFileBytes = 1024 * 1024

/** `address`: where the profile's documents go. */
export type Partner = { app: TestApp; apiKey: string; address: string }

export async function startPartner(config: Parameters<typeof startTestApp>[0] = {}): Promise<Partner> {
  const app = await startTestApp({ ...config, config: { maxFileBytes, ...config.config } })
  const token = await app.signIn()
  const answer = await app.request('/api/v1/clients/', { method: 'POST', token, body: { name: 'Partner' } })
  const { data }: { data: { id: string; api_key: string } } = answer.body
  const input = { clientUid: data.id, attributes: profileAttributes() }
  const { pk } = await runForResult(app.runtime.services, createProfile, input, systemOf(firstTenant))
  return { app, apiKey: data.api_key, address: `/api/v1/profiles/${pk}/documents/` }
}

export async function countFiles({ app }: Partner): Promise<number> {
  return (await queryAsOwner(app.database, 'select id from files')).length
}

/** What begins like a PDF and goes on as noise. */
export const pdf = (bytes = 1000) => Buffer.concat([Buffer.from('%PDF-1.7\n'), randomBytes(bytes)])
export const attribute = { name: 'attribute', content: 'bank_statement' }
export const file = { name: 'file', content: pdf(), fileName: 'a.pdf' }
export const good = partsOf([attribute, file])
export const noFile = 'Send the file as the part "file" of the form.'

export function upload({ app, apiKey, address }: Partner, body: Buffer, type: string): Promise<Answer> {
  return app.request(address, { method: 'POST', apiKey, raw: body, headers: { 'content-type': type } })
}
