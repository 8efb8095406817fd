import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query'
import { sessionExpired } from '../app/session-channel.ts'
import { Problem } from './problem.ts'

function notice(error: unknown): void {
  if (error instanceof Problem && error.status === 401) sessionExpired()
}

export const queries = new QueryClient({
  queryCache: new QueryCache({ onError: notice }),
  mutationCache: new MutationCache({ onError: notice }),
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // What was refused stays refused; what could not answer is asked again.
      retry: (count, error) => error instanceof Problem && (error.status === 0 || error.status === 503) && count < 2,
      refetchOnWindowFocus: true,
    },
    mutations: { retry: false },
  },
})
