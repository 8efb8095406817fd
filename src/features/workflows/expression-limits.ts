/**
 * What keeps an expression from taking the process that evaluates it: it runs where everything else of the server does, and
 * most of what it reads came from outside.
 */
import { Script } from 'node:vm'
import type { ASTNode } from '@marcbachmann/cel-js'
import type { WorkflowTold } from './faults.ts'
import { workflowFault } from './faults.ts'

const comprehensions: ReadonlySet<string> = new Set(['map', 'filter', 'all', 'exists', 'exists_one'])
/** Each of these makes a text of twice the length, or of nothing a list as long as it: one inside of another has no limit. */
const growing: ReadonlySet<string> = new Set(['bind', 'hex', 'base64', 'json'])

/**
 * Functions of the library that take much longer than what they are given is long, or give much more, and cannot be ended: they
 * are replaced by themselves behind requireLittle, under names of ours. How the library itself calls each: a is its receiver.
 */
export const limited: readonly { signature: string; call: string }[] = [
  { signature: 'duration(string): google.protobuf.Duration', call: 'duration(a)' },
  { signature: 'string.contains(string): bool', call: 'a.contains(b)' },
  { signature: 'string.indexOf(string): int', call: 'a.indexOf(b)' },
  { signature: 'string.indexOf(string, int): int', call: 'a.indexOf(b, c)' },
  { signature: 'string.lastIndexOf(string): int', call: 'a.lastIndexOf(b)' },
  { signature: 'string.lastIndexOf(string, int): int', call: 'a.lastIndexOf(b, c)' },
  { signature: 'string.split(string): list<string>', call: 'a.split(b)' },
  { signature: 'string.split(string, int): list<string>', call: 'a.split(b, c)' },
  { signature: 'list<string>.join(): string', call: 'a.join()' },
  { signature: 'list<string>.join(string): string', call: 'a.join(b)' },
]
const ours = '_within_limits'
export const nameOf = (signature: string) => signature.slice(0, signature.indexOf('(')).replace(/^.*\./, '')
export const limitedName = (name: string) => `${name}${ours}`
export const libraryNames = (text: string) => text.replaceAll(ours, '')
const limitedNames: ReadonlySet<string> = new Set(limited.map(({ signature }) => nameOf(signature)))

/** Of a text that says a duration. */
const longestDuration = 40
/** Comparisons of characters when a text is looked for in another one, at worst: some 15 ms. */
const mostCompared = 100 * 1024 ** 2

/** What the program of an expression is made of, as far as it matters here. */
export type Program = {
  refusal: WorkflowTold | null
  nodes: number
  /** Whether it can give more than it reads. */
  grows: boolean
  hasLoop: boolean
  splits: boolean
  /** Characters of the longest text in it. */
  longestText: number
}

/** Looks at the program, not at its source: there a comment between a name and its bracket hides a call. */
export function programOf(ast: ASTNode): Program {
  const found: Program = { refusal: null, nodes: 0, grows: false, hasLoop: false, splits: false, longestText: 0 }
  const look = (node: unknown): void => {
    if (Array.isArray(node)) node.forEach(look)
    if (typeof node === 'string' || node instanceof Uint8Array)
      found.longestText = Math.max(found.longestText, node.length)
    if (typeof node !== 'object' || node === null || !('op' in node && 'args' in node)) return
    found.nodes += 1
    if (node.op === '+') found.grows = true
    if (node.op === 'call' || node.op === 'rcall') lookAtCall(node.args as unknown[], found)
    look(node.args)
  }
  look(ast)
  return found
}

function lookAtCall(args: unknown[], found: Program): void {
  const name = String(args[0])
  found.grows = true
  if (name === 'matches') found.refusal ??= workflowFault('workflow_no_matches')
  if (growing.has(name)) found.refusal ??= workflowFault('workflow_expression_function', { call: name })
  if (name === 'split') found.splits = true
  if (limitedNames.has(name)) args[0] = limitedName(name)
  if (!comprehensions.has(name)) return
  if (found.hasLoop) found.refusal ??= workflowFault('workflow_one_comprehension')
  found.hasLoop = true
}

/**
 * Before a limited function is called with this, its receiver first.
 * @throws Error where that would take too long, or give too much
 */
export function requireLittle(name: string, [on, other]: readonly unknown[]): void {
  const otherLength = typeof other === 'string' ? other.length : 0
  if (name === 'duration' && lengthOf(on) > longestDuration) {
    throw new Error(`A duration has at most ${longestDuration} characters`)
  }
  if (name === 'join') {
    const texts = on as readonly unknown[]
    const total = texts.reduce<number>((sum, one) => sum + lengthOf(one), texts.length * otherLength)
    if (total > mostResult) throw new Error(`Texts that are joined have at most ${mostResult} characters`)
  } else if (lengthOf(on) * otherLength > mostCompared || (name === 'split' && lengthOf(on) > mostResult)) {
    throw new Error(`Its texts are too long for ${name}`)
  }
}

const lengthOf = (value: unknown) => (typeof value === 'string' ? value.length : 0)

/** Characters that an expression may hold at a time: an estimate from above, of what it reads and how often. */
const mostHeld = 128 * 1024 ** 2

/** @throws Error where the expression could make too much of what it reads */
export function requireRoom(program: Program, scope: unknown): void {
  const read = sizesOf(scope)
  const longestText = Math.max(read.longestText, program.longestText, 64)
  const rounds = program.hasLoop ? Math.max(read.longestList, program.splits ? longestText : 0, 100) : 1
  if (rounds * program.nodes * longestText <= mostHeld) return
  throw new Error('There is too much for it to read: its texts are too long, or its lists')
}

function sizesOf(value: unknown): { longestText: number; longestList: number } {
  const found = { longestText: 0, longestList: 0 }
  const open: unknown[] = [value]
  while (open.length > 0) {
    const one = open.pop()
    if (typeof one === 'string') found.longestText = Math.max(found.longestText, one.length)
    else if (typeof one === 'object' && one !== null) {
      const inside = Object.entries(one)
      found.longestList = Math.max(found.longestList, inside.length)
      for (const [name, child] of inside) open.push(name, child)
    }
  }
  return found
}

/** Of what the values of an action come to, in characters. */
const mostResult = 1024 ** 2

/** Counts what expressions give. A text that was put together has its length long before it has its characters. */
export class Room {
  #left = mostResult

  /** @throws Error when there is no more */
  take(value: unknown): void {
    this.#left -= typeof value === 'string' ? value.length + 8 : 8
    if (this.#left < 0) throw new Error(`It gives more than ${mostResult} characters`)
  }
}

/** A loop that has not ended by then never should have begun: most take less than a millisecond. */
const longestMs = 250
const place = Symbol.for('clientele.expression')
const caller = new Script(`globalThis[Symbol.for('clientele.expression')]()`)

export class TooSlowError extends Error {
  override name = 'TooSlowError'
}

/** On a machine that has other things to do; and no more often, since everybody else of the server waits. */
const mostTries = 3

/**
 * The only way to end what runs in this thread, also inside of the library. What the machine has kept from its processor for most
 * of the time is done again: that says nothing of the expression.
 * @throws TooSlowError
 */
export function inTime<Result>(work: () => Result): Result {
  for (let tries = 1; ; tries++) {
    const before = process.threadCpuUsage()
    try {
      return within(work)
    } catch (error) {
      const { user, system } = process.threadCpuUsage(before)
      const hasRun = (user + system) / 1000 >= longestMs / 2
      if (!(error instanceof TooSlowError) || hasRun || tries === mostTries) throw error
    }
  }
}

function within<Result>(work: () => Result): Result {
  const home = globalThis as unknown as Record<symbol, unknown>
  home[place] = work
  try {
    return caller.runInThisContext({ timeout: longestMs }) as Result
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error
    throw new TooSlowError(`It takes longer than ${longestMs} ms`, { cause: error })
  } finally {
    delete home[place]
  }
}
