import { useNavigate, useSearch } from '@tanstack/react-router'

export type Search = Record<string, string | undefined>

/** What a list shows stands in the address: it can be shared, bookmarked and gone back to. */
export function useSearchState(): [Search, (change: Search, options?: { replace?: boolean }) => void] {
  const search: Search = useSearch({ strict: false })
  const navigate = useNavigate()
  const change = (wanted: Search, options: { replace?: boolean } = {}) => {
    const next = Object.fromEntries(Object.entries({ ...search, ...wanted }).filter(([, value]) => value))
    void navigate({ to: '.', search: next, replace: options.replace ?? false })
  }
  return [search, change]
}
