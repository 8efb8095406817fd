declare module '@usebruno/lang' {
  type Entry = { name: string; value: string; enabled: boolean }
  export type BruRequest = {
    meta: { name: string; type: string; seq: number }
    http: { method: string; url: string; body: string; auth: string }
    params?: (Entry & { type: 'path' | 'query' })[]
    headers?: Entry[]
    body?: {
      json?: string
      multipartForm?: (Omit<Entry, 'value'> & { type: 'text' | 'file'; value: string | string[] })[]
    }
    vars?: { res: Entry[] }
    docs?: string
  }
  export function jsonToBruV2(request: BruRequest): string
  export function bruToJsonV2(text: string): BruRequest
  export function jsonToCollectionBru(collection: object): string
  export function envJsonToBruV2(environment: { variables: (Entry & { secret: boolean })[] }): string
}
