/** Our addition: passwords by one-time links, and the caller's own. */
import { Type } from 'typebox'
import {
  acceptInvitation,
  changeOwnPassword,
  requestPasswordLink,
  resetPasswordByLink,
  viewLink,
} from '#features/users/index.ts'
import { lineOfText, nullable } from '#kernel/schemas.ts'
import type { ContractRoutes } from '../shared/contract.ts'

const token = Type.String({ minLength: 1, maxLength: 256 })
const password = Type.String({ maxLength: 4096 })
const Success = Type.Object({ success: Type.Boolean() })

export function passwordRoutes(routes: ContractRoutes): void {
  routes.add({
    method: 'POST',
    url: '/api/v1/auth/links/view',
    operationId: 'viewLink',
    operation: viewLink,
    request: { body: Type.Object({ token }) },
    input: ({ body }) => body,
    present: (link) => ({
      status: 200,
      body: { kind: link.kind, email: link.email, tenant_name: link.tenantName, invited_by: link.invitedBy },
    }),
    success: {
      status: 200,
      description: 'What the link is good for; it stays as it is',
      schema: Type.Object({
        kind: Type.Enum(['invitation', 'password_reset']),
        email: Type.String(),
        tenant_name: Type.String(),
        invited_by: nullable(Type.String({ description: 'The name of whoever invited' })),
      }),
    },
  })

  routes.add({
    method: 'POST',
    url: '/api/v1/auth/invitations/accept',
    operationId: 'acceptInvitation',
    operation: acceptInvitation,
    request: { body: Type.Object({ token, password, display_name: lineOfText(255) }) },
    input: ({ body }) => ({ token: body.token, password: body.password, displayName: body.display_name }),
    present: (user) => ({ status: 201, body: { user_id: user.id, email: user.email } }),
    success: {
      status: 201,
      description: 'The user, who can sign in now',
      schema: Type.Object({ user_id: Type.String(), email: Type.String() }),
    },
  })

  routes.add({
    method: 'POST',
    url: '/api/v1/auth/password/forgot',
    operationId: 'requestPasswordLink',
    operation: requestPasswordLink,
    request: {
      body: Type.Object({
        username: Type.String({ minLength: 1, maxLength: 254 }),
        tenant_id: Type.Optional(nullable(Type.String({ maxLength: 64 }))),
      }),
    },
    input: ({ body }) => ({ username: body.username, ...(body.tenant_id ? { tenantId: body.tenant_id } : {}) }),
    present: ({ canSendMail }) => ({ status: 202, body: { success: true, mail_configured: canSendMail } }),
    success: {
      status: 202,
      description: 'If there is such a user, an e-mail is on its way; mail_configured false: the platform sends none',
      schema: Type.Object({ success: Type.Boolean(), mail_configured: Type.Boolean() }),
    },
  })

  routes.add({
    method: 'POST',
    url: '/api/v1/auth/password/reset',
    operationId: 'resetPassword',
    operation: resetPasswordByLink,
    request: { body: Type.Object({ token, password }) },
    input: ({ body }) => body,
    present: ({ email }) => ({ status: 200, body: { success: true, email } }),
    success: {
      status: 200,
      description: 'The password is set; all sessions have ended',
      schema: Type.Object({ success: Type.Boolean(), email: Type.String() }),
    },
  })

  routes.add({
    method: 'PUT',
    url: '/api/v1/auth/password',
    operationId: 'changePassword',
    operation: changeOwnPassword,
    request: {
      body: Type.Object({ current_password: Type.String({ maxLength: 1024 }), new_password: password }),
    },
    input: ({ body }) => ({ currentPassword: body.current_password, newPassword: body.new_password }),
    present: () => ({ status: 200, body: { success: true } }),
    success: { status: 200, description: 'The password is changed; other sessions have ended', schema: Success },
  })
}
