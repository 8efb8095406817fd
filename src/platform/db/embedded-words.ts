/** PostgreSQL's own words for what keeps it from starting, and what an operator does about it. */

const advice: readonly [words: RegExp, what: string][] = [
  [/No space left on device|Disk quota exceeded/, 'the disk is full: make room (df -h, df -i), start again'],
  [/Read-only file system/, 'the disk takes no writes, as after a fault of its own: look at dmesg, mount it anew'],
  [/insufficient file descriptors|Too many open files/, 'raise ulimit -n (LimitNOFILE) to 1024 or more'],
  [
    /Cannot allocate memory|could not (create|map|resize).*shared memory|fork.*failed/,
    'the machine or container lacks memory: give it more',
  ],
  [/configuration file .* contains errors|syntax error in file/, 'undo the change of the file that is named'],
  [
    /checkpoint record|(could not open|missing) file "pg_(wal|xact|multixact)|invalid magic number|could not open file "global|invalid page|is not a valid data directory|control file/,
    'files of the data directory are damaged or gone: keep it as it is, and restore the last backup into a new CLIENTELE_DATA_DIR (docs/operations.md, "Restoring")',
  ],
  [
    /Permission denied|invalid permissions|wrong ownership/,
    'files in the data directory belong to somebody else: chown -R them to the owner of the directory',
  ],
]

/** Words for the end of a message; empty where PostgreSQL's own say all that is known. */
export function adviceOn(lastWords: string): string {
  const found = advice.find(([words]) => words.test(lastWords))
  return found === undefined ? '' : `\nWhat to do: ${found[1]}.`
}

/** PostgreSQL does not start; the message holds its own words, and what to do. */
export class PostgresStartError extends Error {
  override readonly name = 'PostgresStartError'

  constructor(what: string, lastWords: string) {
    super(`${what}: ${lastWords}${adviceOn(lastWords)}`)
  }
}
