import { Command } from 'commander'
import { serve } from './serve.ts'

export async function runCommandLine(args: readonly string[]): Promise<number> {
  let exitCode = 0
  const program = new Command('clientele')
  program.command('start').action(async () => {
    exitCode = await serve({ api: true, worker: true })
  })
  await program.parseAsync(args as string[], { from: 'user' })
  return exitCode
}
