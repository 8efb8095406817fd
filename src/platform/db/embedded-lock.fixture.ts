/**
 * One of several processes that want the same locks at the same moments: tries `<root>/0`, `<root>/1` ... one after the
 * other, each at its appointed time, writes the list of those it got, and keeps them until its standard input ends.
 */
import path from 'node:path'
import { DataDirInUseError, lockDataDir } from './embedded-lock.ts'

const [root = '', rounds = '0', firstAt = '0', pauseMilliseconds = '0'] = process.argv.slice(2)

const taken: number[] = []
for (let round = 0; round < Number(rounds); round++) {
  const at = Number(firstAt) + round * Number(pauseMilliseconds)
  // Spinning, because timers of several processes would not meet within microseconds.
  while (Date.now() < at);
  try {
    await lockDataDir(path.join(root, String(round)), path.join(root, 'socket'))
    taken.push(round)
  } catch (error) {
    if (!(error instanceof DataDirInUseError)) throw error
  }
}
process.stdout.write(`${JSON.stringify(taken)}\n`)
for await (const _ of process.stdin.resume());
