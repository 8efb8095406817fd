import { Type } from 'typebox'
import * as email from '#features/email-providers/index.ts'
import type { ContractRoutes } from '../shared/contract.ts'
import * as models from './models.ts'

const url = '/api/v1/clients/email-config'
const configSuccess = {
  status: 200,
  description: 'The configuration without its secrets',
  schema: models.dataEnvelope(models.EmailConfig),
}

export function emailConfigRoutes(routes: ContractRoutes): void {
  routes.add({
    method: 'POST',
    url,
    operationId: 'setEmailConfig',
    operation: email.createEmailConfig,
    request: { body: models.EmailConfigBody },
    input: ({ ownClient, body }) => ({ clientUid: ownClient(), provider: body.provider, config: body.config }),
    present: (config) => ({ status: 201, body: { data: config, status: 'success' } }),
    success: { ...configSuccess, status: 201 },
  })

  routes.add({
    method: 'GET',
    url,
    operationId: 'getEmailConfig',
    operation: email.viewEmailConfig,
    input: ({ ownClient }) => ({ clientUid: ownClient() }),
    present: (config) => ({ status: 200, body: { data: config, status: 'success' } }),
    success: configSuccess,
  })

  routes.add({
    method: 'PUT',
    url,
    operationId: 'updateEmailConfig',
    operation: email.updateEmailConfig,
    request: { body: models.EmailConfigBody },
    input: ({ ownClient, body }) => ({ clientUid: ownClient(), provider: body.provider, config: body.config }),
    present: (config) => ({ status: 200, body: { data: config, status: 'success' } }),
    success: configSuccess,
  })

  routes.add({
    method: 'DELETE',
    url,
    operationId: 'removeEmailConfig',
    operation: email.deleteEmailConfig,
    input: ({ ownClient }) => ({ clientUid: ownClient() }),
    present: () => ({ status: 200, body: { message: 'Email configuration removed successfully', status: 'success' } }),
    success: { status: 200, description: 'Removed', schema: models.messageEnvelope },
  })

  routes.add({
    method: 'POST',
    url: `${url}/test`,
    operationId: 'testEmailConfig',
    operation: email.testEmailConfig,
    request: { body: Type.Object({ to: Type.String({ format: 'email', maxLength: 254 }) }) },
    input: ({ ownClient, body }) => ({ clientUid: ownClient(), to: body.to }),
    present: ({ outcome }) => ({
      status: 200,
      body: {
        data: {
          success: outcome.success,
          provider_message_id: outcome.providerMessageId,
          provider_response: outcome.response,
          duration_ms: outcome.durationMs,
          error: outcome.success ? null : { code: outcome.code, message: outcome.message },
        },
        status: 'success',
      },
    }),
    success: {
      status: 200,
      description: 'What the provider answered',
      schema: models.dataEnvelope(models.EmailTestModel),
    },
  })
}
