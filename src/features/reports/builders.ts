import type { Builder } from './builder.ts'
import { monthlySales } from './monthly-sales-store.ts'
import type { BuilderId } from './schemas.ts'

export const builders: Readonly<Partial<Record<BuilderId, Builder>>> = {
  monthly_sales: monthlySales,
}

export function builderOf(id: BuilderId): Builder {
  const builder = builders[id]
  if (!builder) throw new Error(`no builder ${id}`)
  return builder
}
