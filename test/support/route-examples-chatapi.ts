import { deleteEmailConfig } from '#features/email-providers/index.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import { mailgunConfig, systemOf, unique } from './prepared-client.ts'
import type { ExampleOf, Subject } from './route-example.ts'

const emailBody = ({ client }: Subject) => ({ provider: 'mailgun', config: mailgunConfig(client.mailSecret) })

export const chatapiExamples: Readonly<Record<string, ExampleOf>> = {
  createClient: { caller: 'nobody', request: () => ({ body: { name: unique('Registered'), description: 'One' } }) },
  getClient: { caller: 'client', request: () => ({}) },
  updateClient: {
    caller: 'client',
    request: () => ({ body: { name: unique('Renamed'), description: 'Another' } }),
  },
  deleteClient: { caller: 'client', request: () => ({}) },
  setEmailConfig: {
    caller: 'client',
    request: (subject) => ({ body: emailBody(subject) }),
    arrange: (app, { client }) =>
      runForResult(app.runtime.services, deleteEmailConfig, { clientUid: client.uid }, systemOf(client.tenantId)),
  },
  getEmailConfig: { caller: 'client', request: () => ({}) },
  updateEmailConfig: { caller: 'client', request: (subject) => ({ body: emailBody(subject) }) },
  removeEmailConfig: { caller: 'client', request: () => ({}) },
  testEmailConfig: { caller: 'client', request: () => ({ body: { to: 'someone@example.com' } }) },
  regenerateApiKey: { caller: 'client', request: () => ({}) },
  listApiKeys: { caller: 'client', request: () => ({}) },
  createApiKey: {
    caller: 'client',
    request: () => ({
      body: { name: unique('Key'), scopes: ['client:view'], expires_at: '2199-01-01T00:00:00Z' },
    }),
  },
  revokeApiKey: { caller: 'client', request: ({ client }) => ({ path: { id: client.namedKeyId } }) },
}
