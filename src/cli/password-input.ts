/** A new password for a person: from standard input, typed at the terminal without being shown, or generated. */
import { randomBytes } from 'node:crypto'
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { CommandError } from './exit-codes.ts'

export type NewPassword = {
  password: string
  /** Then it must be shown: nobody knows it yet. */
  generated: boolean
}

export async function readNewPassword(options: { passwordStdin?: boolean | undefined }): Promise<NewPassword> {
  if (options.passwordStdin) {
    if (process.stdin.isTTY)
      throw new CommandError('--password-stdin reads a pipe: leave it out to type the password', 'usage')
    // A line ending belongs to the pipe (echo), other blanks to the password.
    return { password: (await text(process.stdin)).replace(/\r?\n$/, ''), generated: false }
  }
  if (!process.stdin.isTTY) return generatePassword()
  const password = await askHidden('New password (empty = generate one): ')
  if (password === '') return generatePassword()
  if ((await askHidden('Once more: ')) !== password) throw new CommandError('the two passwords differ: run it again')
  return { password, generated: false }
}

/** 120 bits. */
function generatePassword(): NewPassword {
  return { password: randomBytes(15).toString('base64url'), generated: true }
}

/** readline edits the line and would show it; what it writes goes nowhere. */
async function askHidden(question: string): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const terminal = createInterface({ input: process.stdin, output: nowhere, terminal: true })
  // Not before: the terminal would show what is typed until readline takes it over.
  process.stderr.write(question)
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  terminal.once('line', resolve)
  terminal.once('SIGINT', () => reject(new CommandError('stopped: nothing was changed')))
  terminal.once('close', () => reject(new CommandError('no password was typed: nothing was changed')))
  try {
    return await promise
  } finally {
    terminal.close()
    process.stderr.write('\n')
  }
}
