/**
 * Every operation of the five published documents, and our additions to them, with whether this server serves it.
 * coverage.test.ts fails when a line says so and nothing answers there, and when something answers that has no line.
 */
import { azalscoreLines } from './coverage-azalscore.ts'

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
  { contract: 'azalscore', ...azalscoreLines },
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
