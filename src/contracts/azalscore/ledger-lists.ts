/** Lists of the ledger: a page by its number, or what follows the last one. */
import { Type } from 'typebox'
import type { Listed } from '#features/ledger/index.ts'
import { nullable } from '#kernel/schemas.ts'
import { given } from './given.ts'

export const pageQuery = {
  page: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000_000 })),
  page_size: Type.Optional(Type.Integer({ minimum: 1, maximum: 500 })),
  after: Type.Optional(Type.String({ maxLength: 2000, description: 'next_after of the page before' })),
  order: Type.Optional(Type.Union([Type.Literal('asc'), Type.Literal('desc')])),
}

const defaultPageSize = 100

type PageQuery = { page?: number; page_size?: number; after?: string; order?: 'asc' | 'desc' }

export const pageOf = ({ page, page_size, after, order }: PageQuery) => ({
  limit: page_size ?? defaultPageSize,
  ...given({ page, after, order }),
})

export const pageMembers = {
  total: nullable(Type.Integer({ description: 'Of the list without filters; null with a filter' })),
  next_after: nullable(Type.String({ description: "The next page's after; null on the last page" })),
}

export function presentPage<Row>({ total, next }: Listed<Row>): { total: number | null; next_after: string | null } {
  return { total, next_after: next }
}
