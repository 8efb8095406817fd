/** How a command can end; the help prints it, scripts rely on it. */
export const exitCodes = {
  ok: { code: 0, about: 'done' },
  failed: { code: 1, about: 'failed: the message says what to do' },
  usage: { code: 2, about: 'the command line was not understood' },
  settings: { code: 3, about: 'a setting (environment variable) is wrong or missing' },
  dataDirInUse: { code: 4, about: 'another process holds the data directory' },
  schema: { code: 5, about: "the database's version does not fit this program, or a migration failed" },
} as const

export type ExitReason = keyof typeof exitCodes

/** A command cannot do what was asked; the message is for the person at the terminal and says what to do. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly reason: ExitReason

  constructor(message: string, reason: ExitReason = 'failed', options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}
