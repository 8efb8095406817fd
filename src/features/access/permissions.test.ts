import assert from 'node:assert/strict'
import { test } from 'node:test'
import { everyPermission } from '#platform/operations/actor.ts'
import { clientPermissions, isBuiltInRole, permissions, permissionsOfRoles, roles } from './index.ts'

test('the owner may do everything, all others named things only', () => {
  for (const [name, held] of Object.entries(roles)) {
    assert.equal(held.includes(everyPermission), name === 'owner', name)
    if (name !== 'owner')
      assert.ok(
        held.every((one) => (permissions as readonly string[]).includes(one)),
        name,
      )
  }
})

test('viewers change nothing, approvers and auditors do nothing but what they are there for', () => {
  const beside: Record<string, RegExp> = {
    viewer: /:view$/,
    approver: /:(view|approve)$/,
    auditor: /^(?:export|report):(?:create|generate|download|cancel)$|:(?:view|verify|export)$/,
  }
  for (const [name, may] of Object.entries(beside)) {
    for (const held of permissionsOfRoles([name])) assert.match(held, may, name)
  }
})

test('an operator neither deletes clients nor touches keys and secrets', () => {
  const held = permissionsOfRoles(['operator'])
  for (const refused of ['client:delete', 'api-key:manage', 'credential:update', 'webhook-secret:manage']) {
    assert.equal(held.has(refused), false, refused)
  }
})

test('several roles hold what each of them holds', () => {
  const both = permissionsOfRoles(['viewer', 'operator'])
  for (const name of ['viewer', 'operator']) {
    for (const held of permissionsOfRoles([name])) assert.ok(both.has(held))
  }
})

test('unknown names are no roles and hold nothing, those of every object included', () => {
  for (const name of ['', 'Owner', 'root', 'constructor', 'toString', '__proto__', 'hasOwnProperty']) {
    assert.equal(isBuiltInRole(name), false, name)
    assert.equal(permissionsOfRoles([name]).size, 0, name)
  }
})

test('a client may not create clients', () => {
  assert.equal(clientPermissions.includes('client:create'), false)
})
