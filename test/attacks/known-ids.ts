/** Ids that answers have told, so that requests to come are about something; and ids of another tenant. */

/** What stands before the first parameter. */
export const collectionOf = (template: string): string => template.replace(/\/?(?:\{.*)?$/, '')

export class KnownIds {
  /** By the name of the field, and by the address of the collection. */
  readonly #known = new Map<string, string[]>()
  readonly #foreign: readonly string[]

  constructor(foreign: readonly string[]) {
    this.#foreign = foreign
  }

  /** Mostly one of what was seen under this name or address; every fourth time one of the other tenant's. */
  pick(pick: number, { name, prefix, example }: { name: string; prefix: string; example: string | undefined }): string {
    const own = [...(this.#known.get(name) ?? []), ...(this.#known.get(prefix) ?? [])]
    if (example) own.push(example)
    const from = pick % 4 === 3 || own.length === 0 ? this.#foreign : own
    return from[Math.floor(pick / 4) % from.length] ?? 'none'
  }

  learn(template: string, body: unknown): void {
    if (typeof body !== 'object' || body === null) return
    for (const [key, one] of Object.entries(body)) {
      const isShort = typeof one === 'number' || (typeof one === 'string' && one !== '' && one.length < 80)
      if (!isShort) this.learn(template, one)
      else if (/(?:^|_)(?:id|uid|pk|version|name|code|number)$|Id$/.test(key)) {
        this.#remember(key, String(one))
        if (/^(?:id|uid|pk|version)$|_id$/.test(key)) this.#remember(collectionOf(template), String(one))
      }
    }
  }

  #remember(key: string, value: string): void {
    const known = this.#known.get(key) ?? []
    // The newest are the ones that are still there.
    if (!known.includes(value)) this.#known.set(key, [value, ...known].slice(0, 12))
  }
}
