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
  'email-config:view',
  'email-config:update',
  'email-config:test',
] as const
export type Permission = (typeof permissions)[number]

/** What a client's own API key may do; a named key's scopes are a part of it. */
export const clientPermissions: readonly Permission[] = permissions.filter((name) => name !== 'client:create')

const viewing: readonly Permission[] = permissions.filter((name) => name.endsWith(':view'))

export const roles: Readonly<Record<string, readonly string[]>> = {
  owner: [everyPermission],
  admin: permissions,
  operator: [...viewing, 'client:create', 'client:update', 'client:activate', 'credential:test', 'email-config:test'],
  approver: viewing,
  auditor: viewing,
  viewer: viewing,
}

export function isRole(name: string): boolean {
  return Object.hasOwn(roles, name)
}

/** Unknown role names hold nothing. */
export function permissionsOfRoles(names: readonly string[]): ReadonlySet<string> {
  return new Set(names.filter(isRole).flatMap((name) => roles[name] ?? []))
}
