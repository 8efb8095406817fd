/** What a database that refuses to serve means, in words for the operator, by SQLSTATE (appendix A of PostgreSQL's manual). */
const words: Readonly<Record<string, string>> = {
  '28P01': 'it refuses the password: see DATABASE_URL',
  '28000': 'it refuses the user: see DATABASE_URL',
  '3D000': 'there is no such database on the server: create it, or see DATABASE_URL',
  '53100': 'its disk is full: make room',
  '53200': 'it is out of memory',
  '53300': 'it has no connection left: fewer processes, a smaller CLIENTELE_DATABASE_POOL, or more max_connections',
  '57P01': 'it is being stopped',
  '57P02': 'it is recovering from a crash',
  '57P03': 'it is starting',
  XX001: 'its data is damaged: restore a backup',
  ECONNREFUSED: 'nothing listens there: start it, or see DATABASE_URL',
  ENOTFOUND: 'its name is unknown: see DATABASE_URL',
}

/** Empty where the code says all that is known. */
export function wordsOf(code: string | undefined): string {
  const found = code === undefined ? undefined : words[code]
  return found === undefined ? '' : `: ${found}`
}
