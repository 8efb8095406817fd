/** DATABASE_REPLICA_URL: where the replicas are; the rest of what a connection needs is mostly the primary's. */
import { DatabaseUrlError, eachServer } from './primary.ts'

/** Says which of several servers is meant, which is known here. */
const ofServers = ['host', 'port', 'hostaddr', 'target_session_attrs']

/**
 * One URL for each replica, in its order. What the URL leaves out (user and password, database, parameters) is what
 * `databaseUrl` has: a replica has the same roles.
 * @throws DatabaseUrlError that repeats nothing of either URL
 */
export function replicaUrls(replicaUrl: string, databaseUrl: string): string[] {
  const base = new URL(eachServer(databaseUrl)[0] as string)
  return eachServer(replicaUrl).map((one) => {
    const own = URL.canParse(one) ? new URL(one) : null
    if (!own || !/^postgres(ql)?:$/.test(own.protocol)) {
      throw new DatabaseUrlError('must be a URL that begins with postgres:// or postgresql://')
    }
    if (own.host === '' && !own.searchParams.get('host')) throw new DatabaseUrlError('names no server')
    const path = own.pathname.length > 1 ? own.pathname : base.pathname
    return `postgresql://${userOf(own.username === '' ? base : own)}${own.host}${path}${parametersOf(own, base)}`
  })
}

function userOf({ username, password }: URL): string {
  if (username === '') return ''
  return password === '' ? `${username}@` : `${username}:${password}@`
}

function parametersOf(own: URL, base: URL): string {
  const parameters = new URLSearchParams(base.searchParams)
  for (const name of ofServers) parameters.delete(name)
  for (const [name, value] of own.searchParams) if (name !== 'target_session_attrs') parameters.set(name, value)
  return parameters.size === 0 ? '' : `?${parameters}`
}

/** For another user of the same servers. */
export function withoutUser(url: string): string {
  return url.replace(/^(postgres(?:ql)?:\/\/)[^@/?#]*@/s, '$1')
}
