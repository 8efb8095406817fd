/** A database with clients and submitted profiles, and jobs that run when a test says so. */

import type { Static, TSchema } from 'typebox'
import { createClient } from '#features/clients/index.ts'
import { createProfile, submitProfile, updateProfile } from '#features/profiles/index.ts'
import { createTenant } from '#features/tenants/index.ts'
import { newId, newUuid } from '#kernel/ids.ts'
import type { Actor } from '#platform/operations/actor.ts'
import type { Operation } from '#platform/operations/operation.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import { openTestServices, origin } from '#platform/operations/services.fixture.ts'
import type { JobOutcome } from './index.ts'
import { requestAnalysis, runAnalyses, viewAnalysis } from './index.ts'
import { analysisQueue } from './running.ts'

/** Of a solid borrower: 80 points by the built-in scorecard, without documents. */
export const solid: Record<string, unknown> = {
  lastname: 'Durand',
  firstname: 'Élise',
  email: 'elise.durand@example.com',
  birth_date: '1990-02-28',
  phone_number: '06 12 34 56 78',
  monthly_income: 4000,
  monthly_charges: 400,
  professional_situation: 'cadre',
  years_in_current_job: 6,
  housing_situation: 'locataire',
}

export type ScoringFixture = Awaited<ReturnType<typeof openScoring>>

export async function openScoring(tenantId = 'scoring') {
  const opened = await openTestServices()
  const { services } = opened
  const system: Actor = { kind: 'system', tenantId, name: 'test' }
  let named = 0

  function run<Input extends TSchema, Result>(
    operation: Operation<Input, Result>,
    input: Static<Input>,
    actor: Actor = system,
  ): Promise<Result> {
    return runForResult(services, operation, input, { actor, origin })
  }

  await run(createTenant, { name: tenantId })
  const client = async () => (await run(createClient, { name: `Client ${++named}` })).uid

  async function draft(clientUid: string, attributes: Record<string, unknown> = {}): Promise<number> {
    const given = { ...solid, ...attributes }
    return (await run(createProfile, { clientUid, attributes: given, externalReference: null })).pk
  }

  async function submitted(clientUid: string, attributes: Record<string, unknown> = {}): Promise<number> {
    const pk = await draft(clientUid, attributes)
    await run(submitProfile, { clientUid: null, pk })
    return pk
  }

  /** Of some other income, and submitted again. */
  async function resubmit(pk: number, monthlyIncome: number): Promise<void> {
    await run(updateProfile, { clientUid: null, pk, attributes: { monthly_income: monthlyIncome } })
    await run(submitProfile, { clientUid: null, pk })
  }

  const request = (profilePk: number, clientUid: string | null = null) => run(requestAnalysis, { clientUid, profilePk })

  /** Runs these analyses as the worker would. */
  const work = (...pks: number[]): Promise<JobOutcome[]> =>
    runAnalyses(
      services,
      pks.map((analysisPk) => ({ id: newUuid(), data: { tenantId, analysisPk } })),
    )

  /** A user of the tenant with these permissions, at account level. */
  async function reader(permissions: readonly string[]): Promise<Actor> {
    const [userId, sessionId] = [newId('user'), newId('sess')]
    await opened.owner.query(
      `insert into users (tenant_id, id, email, email_key, display_name, password_hash) values ($1, $2, $2, $2, $2, '-')`,
      [tenantId, userId],
    )
    await opened.owner.query(
      `insert into sessions (tenant_id, id, user_id, expires_at) values ($1, $2, $3, now() + interval '1 hour')`,
      [tenantId, sessionId, userId],
    )
    const own = { tenantId, userId, sessionId, clientUid: null, accessVersion: 1 }
    return { kind: 'user', ...own, permissions: new Set(permissions) }
  }

  return {
    ...opened,
    reader,
    tenantId,
    system,
    run,
    client,
    draft,
    submitted,
    resubmit,
    request,
    work,
    view: (pk: number, actor?: Actor) => run(viewAnalysis, { clientUid: null, pk }, actor),
    analysed: async (profilePk: number): Promise<number> => {
      const { pk } = await request(profilePk)
      await work(pk)
      return pk
    },
    jobsOf: (pk: number) =>
      opened.rows<{ id: string }>(`select id from pgboss.job where name = $1 and data ->> 'analysisPk' = $2`, [
        analysisQueue,
        String(pk),
      ]),
    eventsOf: (pk: number) =>
      opened.rows<{ type: string; data: Record<string, unknown> }>(
        `select type, data from domain_events where type like 'analysis.%' and data ->> 'pk' = $1 order by sequence`,
        [String(pk)],
      ),
  }
}

export const code = (expected: string) => (error: unknown) => (error as { code?: string }).code === expected
