/** One request for every route that its rightful caller would see succeed. A route without one fails the tests. */

import type { DocumentedRoute } from '#contracts/shared/contract.ts'
import type { RequestOptions } from './app.ts'
import { formOf } from './form.ts'
import type { Credential, Example, ExampleOf } from './route-example.ts'
import { auditExamples } from './route-examples-audit.ts'
import { chatapiExamples } from './route-examples-chatapi.ts'
import { checkExamples } from './route-examples-checks.ts'
import { exportExamples } from './route-examples-exports.ts'
import { factpulseExamples } from './route-examples-factpulse.ts'
import { importExamples } from './route-examples-imports.ts'
import { ledgerExamples } from './route-examples-ledger.ts'
import { notificationExamples } from './route-examples-notifications.ts'
import { oauth2ClientsExamples } from './route-examples-oauth2-clients.ts'
import { partnerb2bExamples } from './route-examples-partnerb2b.ts'
import { peopleExamples } from './route-examples-people.ts'
import { personalDataExamples } from './route-examples-personal-data.ts'
import { reportExamples } from './route-examples-reports.ts'
import { scoringExamples } from './route-examples-scoring.ts'
import { sessionExamples } from './route-examples-sessions.ts'
import { webhookExamples } from './route-examples-webhooks.ts'
import { workflowExamples } from './route-examples-workflows.ts'

export type { Credential, Example, Subject } from './route-example.ts'
export { apiKey, bearer } from './route-example.ts'

export const routeExamples: Readonly<Record<string, ExampleOf>> = {
  ...factpulseExamples,
  ...chatapiExamples,
  ...sessionExamples,
  ...peopleExamples,
  ...oauth2ClientsExamples,
  ...partnerb2bExamples,
  ...scoringExamples,
  ...ledgerExamples,
  ...importExamples,
  ...exportExamples,
  ...checkExamples,
  ...personalDataExamples,
  ...auditExamples,
  ...notificationExamples,
  ...workflowExamples,
  ...reportExamples,
  ...webhookExamples,
}

export function exampleOf(route: DocumentedRoute): ExampleOf {
  const example = routeExamples[route.operationId]
  if (!example) throw new Error(`test/support/route-examples.ts has no example of ${route.operationId}`)
  return example
}

/** The example's address on the wire: parameters and query in place. */
export function addressOf(route: DocumentedRoute, example: Example): string {
  const path = route.url.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(example.path?.[name] ?? ''))
  return example.query ? `${path}?${new URLSearchParams(example.query)}` : path
}

export function requestOf(route: DocumentedRoute, example: Example, credential: Credential): RequestOptions {
  const headers = { ...example.headers, ...credential }
  if (example.file && route.upload) {
    const form = formOf(example.body ?? {}, { [route.upload.part]: example.file })
    return { method: route.method, raw: form.body, headers: { ...headers, 'content-type': form.type } }
  }
  return { method: route.method, ...(example.body ? { body: example.body } : {}), headers }
}
