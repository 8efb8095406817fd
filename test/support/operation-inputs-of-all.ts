/** An input that fits, for every operation of the registry. A new one has its own file of inputs, or stands here. */
import { identityInputs } from './operation-inputs.ts'
import { auditInputs } from './operation-inputs-audit.ts'
import { exportInputs } from './operation-inputs-exports.ts'
import { importInputs } from './operation-inputs-imports.ts'
import { ledgerInputs } from './operation-inputs-ledger.ts'
import { notificationInputs } from './operation-inputs-notifications.ts'
import { personalDataInputs } from './operation-inputs-personal-data.ts'
import { profileInputs } from './operation-inputs-profiles.ts'
import { reportInputs } from './operation-inputs-reports.ts'
import { scoringInputs } from './operation-inputs-scoring.ts'
import { webhookInputs } from './operation-inputs-webhooks.ts'
import { workflowInputs } from './operation-inputs-workflows.ts'
import type { PreparedClient } from './prepared-client.ts'
import { mailgunConfig } from './prepared-client.ts'

/** By the operation's name. */
export type OperationInputs = Readonly<Record<string, (clientUid: string) => Record<string, unknown>>>

/** What the inputs are about: keys of a client, and where to get a token of its PDP. */
export type InputSubject = Pick<PreparedClient, 'namedKeyId' | 'encryptionKey'> & { tokenUrl: string }

export function inputsOfAll({ namedKeyId, encryptionKey, tokenUrl }: InputSubject): OperationInputs {
  const fields = {
    flowServiceUrl: 'https://flow.example.com',
    tokenUrl,
    oauthClientId: 'oauth-client',
    clientSecret: 'secret',
    isActive: true,
    modeSandbox: false,
    encryptionMode: 'fernet',
  }
  return {
    ...identityInputs,
    ...profileInputs,
    ...webhookInputs,
    ...scoringInputs,
    ...auditInputs,
    ...notificationInputs,
    ...workflowInputs,
    ...reportInputs,
    ...ledgerInputs,
    ...importInputs,
    ...exportInputs,
    ...personalDataInputs,
    'client.create': () => ({ name: 'Another' }),
    'client.create-with-key': () => ({ name: 'Another' }),
    'client.register': () => ({ name: 'Another' }),
    'client.list': () => ({ page: 1, pageSize: 10 }),
    'client.view': (clientUid) => ({ clientUid }),
    'client.view-with-email': (clientUid) => ({ clientUid }),
    'client.update': (clientUid) => ({ clientUid, changes: { name: 'Renamed' } }),
    'client.activate': (clientUid) => ({ clientUid }),
    'client.deactivate': (clientUid) => ({ clientUid }),
    'client.delete': (clientUid) => ({ clientUid }),
    'api-key.list': (clientUid) => ({ clientUid }),
    'api-key.create': (clientUid) => ({ clientUid, name: 'Another', scopes: ['client:view'] }),
    'api-key.revoke': (clientUid) => ({ clientUid, id: namedKeyId }),
    'api-key.regenerate': (clientUid) => ({ clientUid }),
    'credential.view': (clientUid) => ({ clientUid, kind: 'pdp' }),
    'credential.set': (clientUid) => ({ clientUid, kind: 'pdp', fields }),
    'credential.test': (clientUid) => ({ clientUid, kind: 'pdp', encryptionKey }),
    'credential.rotate-encryption-key': (clientUid) => ({
      clientUid,
      oldKey: encryptionKey,
      newKey: Buffer.alloc(32, 1).toString('base64'),
    }),
    'email-config.view': (clientUid) => ({ clientUid }),
    'email-config.create': (clientUid) => ({ clientUid, provider: 'mailgun', config: mailgunConfig('key') }),
    'email-config.update': (clientUid) => ({ clientUid, provider: 'mailgun', config: mailgunConfig('key') }),
    'email-config.delete': (clientUid) => ({ clientUid }),
    'email-config.test': (clientUid) => ({ clientUid, to: 'someone@example.com' }),
  }
}
