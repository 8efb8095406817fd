/** Our addition: the people of a tenant. */
import { Type } from 'typebox'
import type { Invitation, User } from '#features/users/index.ts'
import {
  createUser,
  inviteUser,
  listInvitations,
  listUsers,
  updateUser,
  viewUser,
  withdrawInvitation,
} from '#features/users/index.ts'
import { lineOfText, nullable } from '#kernel/schemas.ts'
import type { ContractRoutes } from '../shared/contract.ts'
import { given } from './given.ts'

const id = Type.String({ maxLength: 64 })
const email = Type.String({ format: 'email', maxLength: 254 })
const roles = Type.Array(Type.String({ maxLength: 64 }), { minItems: 1, maxItems: 16, uniqueItems: true })
const status = Type.Union([Type.Literal('active'), Type.Literal('deactivated')])
/** Of the name or of the e-mail address. */
const partOfName = lineOfText(100)
/** As many as a page holds. */
const listOfIds = Type.String({
  pattern: '^[!-+\\--~]{1,64}(,[!-+\\--~]{1,64}){0,199}$',
  maxLength: 13_000,
  description: 'Up to 200 identifiers, with commas between them',
})
const moment = Type.String({ format: 'date-time' })

const UserAnswer = Type.Object({
  id: Type.String(),
  email: Type.String(),
  display_name: Type.String(),
  roles: Type.Array(Type.String()),
  status: Type.String(),
  mfa_enabled: Type.Boolean(),
  created_at: moment,
})

const InvitationAnswer = Type.Object({
  id: Type.String(),
  email: Type.String(),
  roles: Type.Array(Type.String()),
  invited_by: nullable(Type.String()),
  created_at: moment,
  expires_at: moment,
})

const presentUser = (user: User) => ({
  id: user.id,
  email: user.email,
  display_name: user.displayName,
  roles: user.roles,
  status: user.status,
  mfa_enabled: user.mfaEnabled,
  created_at: user.createdAt.toISOString(),
})

const presentInvitation = (invitation: Invitation) => ({
  id: invitation.id,
  email: invitation.email,
  roles: invitation.roles,
  invited_by: invitation.invitedBy,
  created_at: invitation.createdAt.toISOString(),
  expires_at: invitation.expiresAt.toISOString(),
})

const defaultLimit = 100

export function userRoutes(routes: ContractRoutes): void {
  routes.add({
    method: 'GET',
    url: '/api/v1/users',
    operationId: 'listUsers',
    operation: listUsers,
    request: {
      query: Type.Object({
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
        after: Type.Optional(id),
        search: Type.Optional(partOfName),
        status: Type.Optional(status),
        ids: Type.Optional(listOfIds),
      }),
    },
    input: ({ query }) => ({
      limit: query.limit ?? defaultLimit,
      ...given({ after: query.after, search: query.search, status: query.status, ids: query.ids?.split(',') }),
    }),
    present: ({ users, next }) => ({ status: 200, body: { users: users.map(presentUser), next_after: next } }),
    success: {
      status: 200,
      description:
        'Users in the order of their creation; search: a part of the name or the e-mail address; ids: only these; next_after is the next page’s after',
      schema: Type.Object({ users: Type.Array(UserAnswer), next_after: nullable(Type.String()) }),
    },
  })

  routes.add({
    method: 'POST',
    url: '/api/v1/users',
    operationId: 'createUser',
    operation: createUser,
    request: {
      body: Type.Object({
        email,
        display_name: lineOfText(255),
        password: Type.String({ maxLength: 4096 }),
        roles,
      }),
    },
    input: ({ body }) => ({
      email: body.email,
      displayName: body.display_name,
      password: body.password,
      roles: body.roles,
    }),
    present: (user) => ({ status: 201, body: presentUser(user) }),
    success: { status: 201, description: 'The user', schema: UserAnswer },
  })

  routes.add({
    method: 'GET',
    url: '/api/v1/users/:user_id',
    operationId: 'getUser',
    operation: viewUser,
    request: { path: Type.Object({ user_id: id }) },
    input: ({ path }) => ({ id: path.user_id }),
    present: (user) => ({ status: 200, body: presentUser(user) }),
    success: { status: 200, description: 'The user', schema: UserAnswer },
  })

  routes.add({
    method: 'PATCH',
    url: '/api/v1/users/:user_id',
    operationId: 'updateUser',
    operation: updateUser,
    request: {
      path: Type.Object({ user_id: id }),
      body: Type.Object({
        display_name: Type.Optional(lineOfText(255)),
        email: Type.Optional(email),
        roles: Type.Optional(roles),
        status: Type.Optional(status),
      }),
    },
    input: ({ path, body }) => ({
      id: path.user_id,
      ...(body.display_name === undefined ? {} : { displayName: body.display_name }),
      ...(body.email === undefined ? {} : { email: body.email }),
      ...(body.roles ? { roles: body.roles } : {}),
      ...(body.status ? { status: body.status } : {}),
    }),
    present: (user) => ({ status: 200, body: presentUser(user) }),
    success: { status: 200, description: 'The user', schema: UserAnswer },
  })

  routes.add({
    method: 'POST',
    url: '/api/v1/users/invitations',
    operationId: 'inviteUser',
    operation: inviteUser,
    request: { body: Type.Object({ email, roles }) },
    input: ({ body }) => body,
    present: (invitation) => ({ status: 201, body: presentInvitation(invitation) }),
    success: { status: 201, description: 'The invitation has been sent', schema: InvitationAnswer },
  })

  routes.add({
    method: 'GET',
    url: '/api/v1/users/invitations',
    operationId: 'listInvitations',
    operation: listInvitations,
    input: () => ({}),
    present: ({ invitations }) => ({ status: 200, body: { invitations: invitations.map(presentInvitation) } }),
    success: {
      status: 200,
      description: 'Invitations that have not been accepted yet',
      schema: Type.Object({ invitations: Type.Array(InvitationAnswer) }),
    },
  })

  routes.add({
    method: 'DELETE',
    url: '/api/v1/users/invitations/:invitation_id',
    operationId: 'withdrawInvitation',
    operation: withdrawInvitation,
    request: { path: Type.Object({ invitation_id: id }) },
    input: ({ path }) => ({ id: path.invitation_id }),
    present: () => ({ status: 200, body: { success: true } }),
    success: {
      status: 200,
      description: 'The link works no more',
      schema: Type.Object({ success: Type.Boolean() }),
    },
  })
}
