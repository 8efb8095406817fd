/** Our addition: which mail providers tell of bounces and complaints. */
import { Type } from 'typebox'
import type { FeedbackSource } from '#features/notifications/index.ts'
import { createFeedbackSource, deleteFeedbackSource, listFeedbackSources } from '#features/notifications/index.ts'
import { nullable } from '#kernel/schemas.ts'
import type { ContractRoutes } from '../shared/contract.ts'
import { given } from './given.ts'

const moment = Type.String({ format: 'date-time' })

const SourceAnswer = Type.Object({
  id: Type.String(),
  provider: Type.String(),
  created_at: moment,
  last_received_at: nullable(moment),
})
const presentSource = (source: FeedbackSource) => ({
  id: source.id,
  provider: source.provider,
  created_at: source.createdAt.toISOString(),
  last_received_at: source.lastReceivedAt?.toISOString() ?? null,
})

export function notificationFeedbackRoutes(routes: ContractRoutes): void {
  routes.add({
    method: 'GET',
    url: '/api/v1/notifications/feedback-sources',
    operationId: 'listNotificationFeedbackSources',
    operation: listFeedbackSources,
    input: () => ({}),
    present: ({ sources }) => ({ status: 200, body: { feedback_sources: sources.map(presentSource) } }),
    success: {
      status: 200,
      description: 'Who tells of bounces and complaints',
      schema: Type.Object({ feedback_sources: Type.Array(SourceAnswer) }),
    },
  })
  routes.add({
    method: 'POST',
    url: '/api/v1/notifications/feedback-sources',
    operationId: 'createNotificationFeedbackSource',
    operation: createFeedbackSource,
    request: {
      body: Type.Object({
        provider: Type.Enum(['mailgun', 'sendgrid', 'postmark', 'ses'] as const),
        key: Type.Optional(
          Type.String({
            maxLength: 1024,
            description:
              "Mailgun: webhook signing key. SendGrid: verification key. SES: the SNS topic's ARN. Postmark: none",
          }),
        ),
      }),
    },
    input: ({ body }) => ({ provider: body.provider, ...given({ key: body.key }) }),
    present: ({ url, ...source }) => ({ status: 201, body: { ...presentSource(source), url } }),
    success: {
      status: 201,
      description: "The address to give to the provider; Postmark's holds a password and is shown this once",
      schema: Type.Intersect([SourceAnswer, Type.Object({ url: Type.String() })]),
    },
  })
  routes.add({
    method: 'DELETE',
    url: '/api/v1/notifications/feedback-sources/:source_id',
    operationId: 'deleteNotificationFeedbackSource',
    operation: deleteFeedbackSource,
    request: { path: Type.Object({ source_id: Type.String({ maxLength: 64 }) }) },
    input: ({ path }) => ({ id: path.source_id }),
    present: () => ({ status: 200, body: { success: true } }),
    success: { status: 200, description: 'It is gone', schema: Type.Object({ success: Type.Boolean() }) },
  })
}
