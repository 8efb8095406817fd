/**
 * Faults within what was sent: a code, a sentence with {placeholders} in the contract's language (English; of rows of files
 * French), and what stands in them. Whoever shows faults in the user's language says them by code and parameters (the console).
 */
import type { ErrorDetail } from './errors.ts'

/** {a} and {b} of "{a} stands beside {b}". */
export type PlaceholdersOf<Sentence extends string> = Sentence extends `${string}{${infer Name}}${infer Rest}`
  ? Name | PlaceholdersOf<Rest>
  : never

type Parameters<Sentence extends string> = [PlaceholdersOf<Sentence>] extends [never]
  ? []
  : [parameters: Readonly<Record<PlaceholdersOf<Sentence>, string | number>>]

/** A fault without its place. */
export type Told = Pick<ErrorDetail, 'message' | 'code' | 'parameters'>

/** Longer texts of the sender do not come back. */
const longestParameter = 1000

/** Makes the sentences of a feature's faults: `{ path, ...workflowFault('unknown_action', { id }) }`. */
export function defineFaults<const Sentences extends Readonly<Record<string, string>>>(sentences: Sentences) {
  const tell = <Code extends Extract<keyof Sentences, string>>(
    code: Code,
    ...[given]: Parameters<Sentences[Code]>
  ): Told => {
    const parameters = Object.fromEntries(
      Object.entries<string | number>(given ?? {}).map(([name, value]) => [
        name,
        String(value).slice(0, longestParameter),
      ]),
    )
    const message = (sentences[code] as string).replace(
      /\{(\w+)\}/g,
      (whole, name: string) => parameters[name] ?? whole,
    )
    return { message, code, parameters }
  }
  return Object.assign(tell, { sentences })
}
