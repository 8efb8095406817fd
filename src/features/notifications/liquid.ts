/** Templates of other people, rendered safely: no prototypes, no files, no endless work, and HTML is escaped. */
import { Liquid, LiquidError } from 'liquidjs'
import type { ErrorDetail } from '#kernel/errors.ts'
import type { Told } from '#kernel/faults.ts'
import type { Language } from './schemas.ts'

const mostSourceChars = 60_000
/** Tags, outputs and pieces of text of one rendering. Counted, so that the same template always ends the same way. */
const mostSteps = 20_000
/** Empty loops are not counted as steps: they end by this. */
const mostMs = 500
const mostMemory = 2_000_000

function engineOf(escapes: boolean): Liquid {
  const engine = new Liquid({
    ownPropertyOnly: true,
    strictVariables: true,
    strictFilters: true,
    lenientIf: true,
    ...(escapes ? { outputEscape: 'escape' as const } : {}),
    parseLimit: mostSourceChars,
    renderLimit: mostMs,
    memoryLimit: mostMemory,
    // Nothing can be included: no file, no URL.
    templates: {},
    dynamicPartials: false,
    relativeReference: false,
  })
  // It would switch escaping off.
  delete (engine.filters as Record<string, unknown>).raw
  engine.registerFilter('number', formatNumber)
  engine.registerFilter('money', formatMoney)
  engine.registerFilter('day', formatDay)
  return engine
}

type FilterThis = { context: { getSync(path: string[]): unknown } }
const locales: Readonly<Record<Language, string>> = { fr: 'fr-FR', en: 'en-GB' }
const localeOf = (self: FilterThis) => locales[self.context.getSync(['language']) === 'en' ? 'en' : 'fr']

/** {{ quantity | number }}: as it is written in the language; what is no number stays as it is. */
function formatNumber(this: FilterThis, value: unknown): string {
  const number = toNumber(value)
  return number === null ? String(value) : new Intl.NumberFormat(localeOf(this)).format(number)
}

/** {{ amount | money }}, {{ amount | money: "USD" }} */
function formatMoney(this: FilterThis, value: unknown, currency: unknown = 'EUR'): string {
  const number = toNumber(value)
  if (number === null || !/^[A-Z]{3}$/.test(String(currency))) return String(value)
  return new Intl.NumberFormat(localeOf(this), { style: 'currency', currency: String(currency) }).format(number)
}

/** {{ due_date | day }}: "15 janvier 2024" */
function formatDay(this: FilterThis, value: unknown): string {
  const date = new Date(String(value))
  if (Number.isNaN(date.getTime())) return String(value)
  return new Intl.DateTimeFormat(localeOf(this), { dateStyle: 'long', timeZone: 'UTC' }).format(date)
}

function toNumber(value: unknown): number | null {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  return typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : null
}

const plain = engineOf(false)
const html = engineOf(true)

export type Rendering = { ok: true; text: string } | { ok: false; problem: string }

/** Renders a source; `language` is always there. Names the problem in words for who wrote the template. */
export function render(source: string, given: Record<string, unknown>, as: 'text' | 'html'): Rendering {
  const engine = as === 'html' ? html : plain
  try {
    return { ok: true, text: engine.parseAndRenderSync(source, given, { templateLimit: mostSteps }) as string }
  } catch (error) {
    return { ok: false, problem: describe(error) }
  }
}

/** What is wrong with a source before anything is rendered, and the variables that it asks for. */
export function inspect(source: string): { problem: string } | { variables: string[] } {
  try {
    return { variables: plain.globalVariablesSync(plain.parse(source)) }
  } catch (error) {
    return { problem: describe(error) }
  }
}

function describe(error: unknown): string {
  if (!(error instanceof LiquidError) && !(error instanceof Error)) return 'The template cannot be rendered'
  return error.message.split('\n')[0]?.slice(0, 300) ?? 'The template cannot be rendered'
}

/** Names of variables that a template has by itself. */
export const ownVariables = ['language', 'tenant_name'] as const

export function variableDetails(names: readonly string[], told: Told): ErrorDetail[] {
  return names.map((name) => ({ path: ['body', 'variables', name], ...told, type: 'missing' }))
}
