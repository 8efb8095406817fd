/** Permissions as the operations declare them, and what each built-in role holds. */
import { everyPermission } from '#platform/operations/actor.ts'

export const permissions = [
  'client:view',
  'client:create',
  'client:update',
  'client:activate',
  'client:delete',
  'api-key:view',
  'api-key:manage',
  'credential:view',
  'credential:update',
  'credential:test',
  'credential:rotate',
  'webhook-secret:view',
  'webhook-secret:manage',
  'webhook:view',
  'webhook:manage',
  'webhook:replay',
  'email-config:view',
  'email-config:update',
  'email-config:test',
  'user:view',
  'user:create',
  'user:update',
  'user:reset-password',
  'role:view',
  'role:manage',
  'tenant:view',
  'tenant:update',
  'oauth2-client:view',
  'oauth2-client:create',
  'oauth2-client:update',
  'oauth2-client:delete',
  'rate-limit:view',
  'rate-limit:manage',
  'attribute:view',
  'attribute:manage',
  'profile:view',
  'profile:view-sensitive',
  'profile:create',
  'profile:update',
  'profile:submit',
  'profile:delete',
  'document:view',
  'document:upload',
  'document:download',
  'document:delete',
  'analysis:view',
  'analysis:request',
  'analysis:run',
  'analysis-quota:manage',
  'scorecard:view',
  'scorecard:manage',
  'company:view',
  'company:update',
  'customer:view',
  'customer:create',
  'customer:update',
  'customer:delete',
  'invoice:view',
  'invoice:create',
  'invoice:update',
  'invoice:approve',
  'invoice:delete',
  'entry:view',
  'entry:create',
  'entry:update',
  'entry:delete',
  'entry:validate',
  'entry:letter',
  'entry:export',
  'import:view',
  'import:run',
  'import-template:view',
  'import-template:manage',
  'export:view',
  'export:create',
  'export:download',
  'export:cancel',
  'export:run',
  'personal-data:export',
  'personal-data:erase',
  'personal-data:view-retained',
  'audit:view',
  'audit:record',
  'audit:verify',
  'audit:export',
  'audit:configure',
  'notification:view',
  'notification:send',
  'notification:manage',
  'workflow:view',
  'workflow:trigger',
  'workflow:operate',
  'workflow:manage',
  'workflow:run',
  'report:view',
  'report:generate',
  'report:download',
  'report:schedule',
  'report:manage',
  'report:run',
] as const
export type Permission = (typeof permissions)[number]

const clientSubjects = [
  'client:',
  'api-key:',
  'credential:',
  'webhook-secret:',
  'webhook:',
  'email-config:',
  'profile:',
  'document:',
  'analysis:view',
  'analysis:request',
  'attribute:view',
]
/** Of the audit log: what concerns the client. */
const clientAudit: readonly string[] = ['audit:view', 'audit:record']

/** What a client's own API key may do; a named key's scopes are a part of it. */
export const clientPermissions: readonly Permission[] = permissions.filter(
  (name) =>
    clientAudit.includes(name) ||
    (name !== 'client:create' && clientSubjects.some((subject) => name.startsWith(subject))),
)

/** The audit log tells who did what from which address: it is not for everybody who may look. */
const viewing: readonly Permission[] = permissions.filter((name) => name.endsWith(':view') && name !== 'audit:view')

export const roles: Readonly<Record<string, readonly string[]>> = {
  owner: [everyPermission],
  admin: permissions,
  operator: [
    ...viewing,
    'client:create',
    'client:update',
    'client:activate',
    'credential:test',
    'email-config:test',
    'profile:create',
    'profile:update',
    'profile:submit',
    'analysis:request',
    'document:upload',
    'webhook:replay',
    'customer:create',
    'customer:update',
    'invoice:create',
    'invoice:update',
    'entry:create',
    'entry:update',
    'import:run',
    'export:create',
    'export:download',
    'export:cancel',
    'notification:send',
    'workflow:trigger',
    'workflow:operate',
    'report:generate',
    'report:download',
  ],
  approver: [...viewing, 'invoice:approve'],
  auditor: [
    ...viewing,
    'audit:view',
    'audit:verify',
    'audit:export',
    'entry:export',
    'export:create',
    'export:download',
    'export:cancel',
    'report:generate',
    'report:download',
  ],
  viewer: viewing,
}

export const ownerRole = 'owner'
export const administratorRole = 'admin'

export function isBuiltInRole(role: string): boolean {
  return Object.hasOwn(roles, role)
}

/** What the built-in ones among these roles give, and `own`: what the tenant's own give. Unknown names give nothing. */
export function permissionsOfRoles(names: readonly string[], own: readonly string[] = []): ReadonlySet<string> {
  return new Set([...names.flatMap((name) => (isBuiltInRole(name) ? (roles[name] ?? []) : [])), ...own])
}

/** Whether somebody with `held` has everything of `wanted`: nobody gives, or changes, more than he has himself. */
export function covers(held: ReadonlySet<string>, wanted: ReadonlySet<string>): boolean {
  if (held.has(everyPermission)) return true
  return [...wanted].every((permission) => held.has(permission))
}
