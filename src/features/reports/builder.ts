/** What a builder is: the figures that templates may show, and what a request may say about them. */
import type { TSchema } from 'typebox'
import type { Statement } from '#platform/db/statement-batch.ts'
import type { BuilderId, DatasetColumn, Resolved, Words } from './schemas.ts'

export type Dataset = {
  readonly label: Words
  readonly columns: readonly DatasetColumn[]
  /** Gives rows with the columns' ids as names. A dataset without `isLong` has a few hundred rows at most, by what it is. */
  readonly statement: (tenantId: string, resolved: Resolved) => Statement
  /** As many rows as there are: read by a cursor. */
  readonly isLong?: true
}

export type Builder = {
  readonly id: BuilderId
  /** Whoever asks for the report must hold all of these. */
  readonly permissions: readonly string[]
  readonly parameters: TSchema
  /** What a period is where none is given: the last complete month or week, or the last 30 days. */
  readonly period: 'month' | 'week' | 'days'
  readonly datasets: Readonly<Record<string, Dataset>>
}
