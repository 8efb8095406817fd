/** The part of autocannon 9 that the load generator uses; the package brings no types. */
declare module 'autocannon' {
  function autocannon(options: {
    url: string
    connections: number
    /** In seconds. */
    duration: number
    requests: { method?: string; path?: string; headers?: Record<string, string>; body?: string }[]
    /** Puts a new unique text in the place of every `[<id>]` of a body. */
    idReplacement?: boolean
  }): Promise<{
    /** In seconds, as it came out. */
    duration: number
    errors: number
    timeouts: number
    '2xx': number
    non2xx: number
    statusCodeStats: Record<string, { count: number }>
    /** In milliseconds. */
    latency: { p50: number; p99: number }
  }>
  export = autocannon
}
