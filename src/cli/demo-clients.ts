/** Writes made-up clients into a tenant, through the same operations as everybody else. */
import { createKey } from '#features/api-keys/index.ts'
import { createClientWithKey, deactivateClient } from '#features/clients/index.ts'
import { setCredential } from '#features/credentials/index.ts'
import { createEmailConfig } from '#features/email-providers/index.ts'
import { createProfile, submitProfile } from '#features/profiles/index.ts'
import { generateSecret } from '#features/webhooks/index.ts'
import { DomainError } from '#kernel/errors.ts'
import type { Runtime } from '../runtime.ts'
import type { DemoClient } from './demo-data.ts'
import { runAsOperator } from './operator.ts'

/** Some at a time: durable commits then share their wait for the disk. */
const atOnce = 8

/** Clients whose name is taken are left as they are. */
export async function addClients(runtime: Runtime, tenantId: string, clients: readonly DemoClient[]) {
  const keys: (string | null)[] = []
  for (let start = 0; start < clients.length; start += atOnce) {
    const group = clients.slice(start, start + atOnce)
    keys.push(...(await Promise.all(group.map((client) => addClient(runtime, tenantId, client)))))
  }
  const first = clients.findIndex((client, i) => client.isActive && keys[i])
  const [name, key] = [clients[first]?.name, keys[first]]
  return { added: keys.filter((one) => one !== null).length, firstKey: name && key ? { name, key } : null }
}

/** @returns its API key; null when a client of this name exists, which is left as it is */
async function addClient({ services }: Runtime, tenantId: string, demo: DemoClient): Promise<string | null> {
  const { name, description, siret } = demo
  let created: { client: { uid: string }; key: { key: string } }
  try {
    created = await runAsOperator(services, tenantId, createClientWithKey, { name, description, siret })
  } catch (error) {
    if (error instanceof DomainError && error.code === 'client_name_taken') return null
    throw error
  }
  const clientUid = created.client.uid
  for (const { kind, ...fields } of demo.credentials) {
    const input = { clientUid, kind, fields: { ...fields, encryptionMode: 'fernet' as const } }
    await runAsOperator(services, tenantId, setCredential, input)
  }
  if (demo.email) await runAsOperator(services, tenantId, createEmailConfig, { clientUid, ...demo.email })
  if (demo.hasWebhookSecret) await runAsOperator(services, tenantId, generateSecret, { clientUid })
  for (const keyName of demo.apiKeys) await runAsOperator(services, tenantId, createKey, { clientUid, name: keyName })
  for (const { isSubmitted, ...profile } of demo.profiles) {
    const { pk } = await runAsOperator(services, tenantId, createProfile, { clientUid, ...profile })
    if (isSubmitted) await runAsOperator(services, tenantId, submitProfile, { clientUid, pk })
  }
  // Last: what is deactivated is complete.
  if (!demo.isActive) await runAsOperator(services, tenantId, deactivateClient, { clientUid })
  return created.key.key
}
