/**
 * Every operation of the five published documents, and our additions to them, with whether this server serves it.
 * coverage.test.ts fails when a line says so and nothing answers there, and when something answers that has no line.
 */
export type ContractName = 'factpulse' | 'partnerb2b' | 'chatapi' | 'azalscore' | 'oauth2-clients'

export type CoveredOperation = {
  contract: ContractName
  method: string
  /** Parameters in braces. */
  path: string
  /** document: in the published document; addition: ours, in its style. */
  source: 'document' | 'addition'
  served: boolean
}

type Lines = { served: readonly string[]; planned: readonly string[] }
type Covered = { contract: ContractName; document: Lines; additions: Lines }

const contracts: readonly Covered[] = [
  {
    contract: 'factpulse',
    document: {
      served: [
        'POST /api/v1/clients',
        'GET /api/v1/clients',
        'GET /api/v1/clients/{uid}',
        'PATCH /api/v1/clients/{uid}',
        'POST /api/v1/clients/{uid}/activer',
        'POST /api/v1/clients/{uid}/desactiver',
        'GET /api/v1/clients/{uid}/pdp-config',
        'PUT /api/v1/clients/{uid}/pdp-config',
        'POST /api/v1/clients/{uid}/rotate-encryption-key',
        'POST /api/v1/clients/{uid}/webhook-secret/generate',
        'GET /api/v1/clients/{uid}/webhook-secret/status',
        'DELETE /api/v1/clients/{uid}/webhook-secret',
      ],
      planned: [],
    },
    additions: {
      served: [
        'POST /api/v1/clients/{uid}/pdp-config/test',
        'GET /api/v1/clients/{uid}/chorus-config',
        'PUT /api/v1/clients/{uid}/chorus-config',
        'POST /api/token/',
        'POST /api/token/refresh/',
      ],
      planned: [],
    },
  },
  {
    contract: 'chatapi',
    document: {
      served: [
        'POST /api/v1/clients/',
        'GET /api/v1/clients/me',
        'PUT /api/v1/clients/me',
        'DELETE /api/v1/clients/me',
        'POST /api/v1/clients/email-config',
        'GET /api/v1/clients/email-config',
        'PUT /api/v1/clients/email-config',
        'DELETE /api/v1/clients/email-config',
        'POST /api/v1/clients/regenerate-key',
      ],
      planned: [],
    },
    additions: {
      served: [
        'POST /api/v1/clients/email-config/test',
        'GET /api/v1/clients/me/api-keys',
        'POST /api/v1/clients/me/api-keys',
        'DELETE /api/v1/clients/me/api-keys/{id}',
      ],
      planned: [],
    },
  },
  {
    contract: 'azalscore',
    document: {
      served: [
        'POST /api/v1/auth/session',
        'POST /api/v1/auth/refresh',
        'POST /api/v1/auth/logout',
        'GET /api/v1/sessions',
        'DELETE /api/v1/sessions/{session_id}',
        'POST /api/v1/mfa/totp/setup',
        'POST /api/v1/mfa/totp/activate',
        'POST /api/v1/mfa/verify',
        'GET /api/v1/mfa/methods',
        'POST /api/v1/audit/events',
        'GET /api/v1/audit/events',
        'POST /api/v1/audit/verify-integrity',
        'POST /api/v1/export',
        'GET /api/v1/export/{export_id}/download',
        'POST /api/v1/export/fec',
      ],
      planned: [
        'POST /api/v1/import/preview',
        'POST /api/v1/import/validate',
        'POST /api/v1/import/execute',
        'GET /api/v1/import/{import_id}/progress',
        'GET /api/v1/workflows',
        'POST /api/v1/workflows/{workflow_id}/trigger',
        'GET /api/v1/workflows/executions/{execution_id}',
        'GET /api/v1/workflows/approvals/pending',
        'POST /api/v1/workflows/approvals/{approval_id}/decide',
        'POST /api/v1/notifications/send',
        'GET /api/v1/notifications',
        'PATCH /api/v1/notifications/{notification_id}/read',
        'GET /api/v1/notifications/preferences',
        'PUT /api/v1/notifications/preferences',
        'GET /api/v1/reports/templates',
        'POST /api/v1/reports/generate',
        'GET /api/v1/reports/{report_id}/download',
        'POST /api/v1/reports/schedules',
      ],
    },
    additions: {
      served: [
        'DELETE /api/v1/sessions',
        'GET /api/v1/auth/me',
        'PUT /api/v1/auth/password',
        'POST /api/v1/auth/password/forgot',
        'POST /api/v1/auth/password/reset',
        'POST /api/v1/auth/invitations/accept',
        'POST /api/v1/mfa/totp/disable',
        'POST /api/v1/mfa/backup-codes',
        'GET /api/v1/mfa/passkeys',
        'DELETE /api/v1/mfa/passkeys/{passkey_id}',
        'POST /api/v1/mfa/passkeys/registration/options',
        'POST /api/v1/mfa/passkeys/registration/verify',
        'POST /api/v1/mfa/passkeys/authentication/options',
        'POST /api/v1/mfa/passkeys/authentication/verify',
        'GET /api/v1/users',
        'POST /api/v1/users',
        'GET /api/v1/users/{user_id}',
        'PATCH /api/v1/users/{user_id}',
        'POST /api/v1/users/{user_id}/mfa/reset',
        'GET /api/v1/users/invitations',
        'POST /api/v1/users/invitations',
        'DELETE /api/v1/users/invitations/{invitation_id}',
        'GET /api/v1/roles',
        'POST /api/v1/roles',
        'PATCH /api/v1/roles/{role_name}',
        'DELETE /api/v1/roles/{role_name}',
        'GET /api/v1/tenant',
        'PATCH /api/v1/tenant',
        'GET /api/v1/rate-limits',
        'PUT /api/v1/rate-limits',
        'GET /api/v1/consents',
        'DELETE /api/v1/consents/{consent_id}',
        'GET /api/v1/company',
        'PUT /api/v1/company',
        'GET /api/v1/customers',
        'POST /api/v1/customers',
        'GET /api/v1/customers/{customer_id}',
        'PATCH /api/v1/customers/{customer_id}',
        'DELETE /api/v1/customers/{customer_id}',
        'GET /api/v1/invoices',
        'POST /api/v1/invoices',
        'GET /api/v1/invoices/{invoice_id}',
        'PATCH /api/v1/invoices/{invoice_id}',
        'POST /api/v1/invoices/{invoice_id}/status',
        'POST /api/v1/invoices/{invoice_id}/decision',
        'DELETE /api/v1/invoices/{invoice_id}',
        'GET /api/v1/accounting-entries',
        'POST /api/v1/accounting-entries',
        'GET /api/v1/accounting-entries/{entry_id}',
        'PUT /api/v1/accounting-entries/{entry_id}',
        'DELETE /api/v1/accounting-entries/{entry_id}',
        'POST /api/v1/accounting-entries/validate',
        'GET /api/v1/accounting-entries/lines',
        'POST /api/v1/accounting-entries/letter',
        'POST /api/v1/accounting-entries/unletter',
        'POST /api/v1/export/fec/check',
        'GET /api/v1/export',
        'GET /api/v1/export/{export_id}',
        'POST /api/v1/export/{export_id}/cancel',
        'GET /api/v1/audit/events/{event_id}',
        'GET /api/v1/audit/checkpoints',
        'POST /api/v1/audit/checkpoints',
        'GET /api/v1/audit/export',
        'GET /api/v1/audit/settings',
        'PUT /api/v1/audit/settings',
        'GET /api/v1/audit/forwardings',
        'POST /api/v1/audit/forwardings',
        'DELETE /api/v1/audit/forwardings/{forwarding_id}',
      ],
      planned: [],
    },
  },
  {
    contract: 'partnerb2b',
    document: {
      served: [
        'POST /api/v1/auth/token/',
        'POST /api/v1/auth/token/refresh/',
        'GET /api/v1/metadata/',
        'POST /api/v1/profiles/',
        'PATCH /api/v1/profiles/{pk}/',
        'DELETE /api/v1/profiles/{pk}/',
        'POST /api/v1/profiles/{pk}/submit/',
        'POST /api/v1/profiles/{pk}/analyses/',
        'GET /api/v1/analyses/{pk}/',
        // From PATCH on the document has headings only.
        'POST /api/v1/webhooks/configure/',
        'GET /api/v1/webhooks/{pk}/',
        'DELETE /api/v1/webhooks/{pk}/',
      ],
      planned: [],
    },
    additions: {
      served: [
        'GET /api/v1/profiles/',
        'GET /api/v1/profiles/{pk}/',
        'POST /api/v1/profiles/{pk}/documents/',
        'GET /api/v1/documents/{pk}/',
        'DELETE /api/v1/documents/{pk}/',
        'GET /api/v1/documents/{pk}/content/',
        'GET /api/v1/metadata/attributes/',
        'POST /api/v1/metadata/attributes/',
        'PATCH /api/v1/metadata/attributes/{name}/',
        'DELETE /api/v1/metadata/attributes/{name}/',
        'PUT /api/v1/metadata/requirements/',
        'GET /api/v1/analyses/',
        'GET /api/v1/analyses/{pk}/explanation/',
        'GET /api/v1/clients/{uid}/analysis-quota/',
        'PUT /api/v1/clients/{uid}/analysis-quota/',
        'GET /api/v1/scorecards/',
        'POST /api/v1/scorecards/',
        'POST /api/v1/scorecards/validate/',
        'GET /api/v1/scorecards/{version}/',
        'PUT /api/v1/scorecards/{version}/',
        'POST /api/v1/scorecards/{version}/try-out/',
        'POST /api/v1/scorecards/{version}/activate/',
        'POST /api/v1/scorecards/{version}/retire/',
        'GET /api/v1/webhooks/',
        'PATCH /api/v1/webhooks/{pk}/',
        'POST /api/v1/webhooks/{pk}/pause/',
        'POST /api/v1/webhooks/{pk}/resume/',
        'POST /api/v1/webhooks/{pk}/secret/rotate/',
        'POST /api/v1/webhooks/{pk}/test/',
        'GET /api/v1/webhooks/{pk}/deliveries/',
        'GET /api/v1/webhooks/deliveries/{pk}/',
        'GET /api/v1/webhooks/deliveries/{pk}/attempts/{number}/',
        'POST /api/v1/webhooks/deliveries/{pk}/replay/',
        'POST /api/v1/webhooks/{pk}/replays/',
        'GET /api/v1/webhooks/replays/{pk}/',
      ],
      planned: [],
    },
  },
  {
    contract: 'oauth2-clients',
    document: {
      served: [
        'POST /oauth2-service/api/oauth2-clients/getAllClients',
        'GET /oauth2-service/api/oauth2-clients/findById/{id}',
        'GET /oauth2-service/api/oauth2-clients/findByClientId/{clientId}',
        'POST /oauth2-service/api/oauth2-clients/createClient',
        'POST /oauth2-service/api/oauth2-clients/updateClient',
        'DELETE /oauth2-service/api/oauth2-clients/deleteClient/{id}',
      ],
      planned: [],
    },
    additions: { served: [], planned: [] },
  },
]

export const coverage: readonly CoveredOperation[] = contracts.flatMap(({ contract, document, additions }) => [
  ...linesOf(contract, 'document', document),
  ...linesOf(contract, 'addition', additions),
])

function linesOf(contract: ContractName, source: CoveredOperation['source'], lines: Lines): CoveredOperation[] {
  const toOperation = (served: boolean) => (line: string) => {
    const [method = '', path = ''] = line.split(' ')
    return { contract, method, path, source, served }
  }
  return [...lines.served.map(toOperation(true)), ...lines.planned.map(toOperation(false))]
}
