/** From a template and variables to what is said, and what is wrong with either. */
import type { ErrorDetail } from '#kernel/errors.ts'
import { notificationError } from './errors.ts'
import type { NotificationTold } from './faults.ts'
import { notificationFault } from './faults.ts'
import { inspect, ownVariables, render, variableDetails } from './liquid.ts'
import type { Language, TemplateContent, TemplateText } from './schemas.ts'
import { languages } from './schemas.ts'

export type Rendered = {
  language: Language
  title: string
  body: string
  html: string | null
  actionUrl: string | null
  actionLabel: string | null
}

const mostTitleChars = 200
const mostBodyChars = 20_000
const mostHtmlChars = 200_000

/** Every fault of a template, by the place where it is; none: it can be used. */
export function templateProblems(content: TemplateContent): ErrorDetail[] {
  const details: ErrorDetail[] = []
  const declared = new Set<string>(ownVariables)
  for (const { name } of content.variables) {
    if (declared.has(name)) {
      details.push({ path: ['body', 'variables'], ...notificationFault('notice_variable_taken', { name }) })
    }
    declared.add(name)
  }
  const texts = languages.flatMap((language) => {
    const text = content.texts[language]
    return text ? [[language, text] as const] : []
  })
  if (texts.length === 0) details.push({ path: ['body', 'texts'], ...notificationFault('notice_no_text') })
  for (const [language, text] of texts) {
    for (const [part, source] of sourcesOf(text)) {
      const path = ['body', 'texts', language, ...part]
      const found = inspect(source)
      if ('problem' in found) details.push({ path, ...unreadable(found.problem) })
      else {
        const unknown = found.variables.filter((name) => !declared.has(name))
        if (unknown.length > 0)
          details.push({ path, ...notificationFault('notice_undeclared', { names: unknown.join(', ') }) })
      }
    }
  }
  return details
}

function sourcesOf(text: TemplateText): [path: string[], source: string][] {
  return [
    [['title'], text.title],
    [['body'], text.body],
    ...(text.html === undefined ? [] : [[['html'], text.html] as [string[], string]]),
    ...(text.action
      ? ([
          [['action', 'label'], text.action.label],
          [['action', 'url'], text.action.url],
        ] as [string[], string][])
      : []),
  ]
}

/** The language that is wanted, or the one that the template has. */
export function chooseLanguage(content: TemplateContent, wanted: Language): Language {
  if (content.texts[wanted]) return wanted
  return content.texts.fr ? 'fr' : 'en'
}

export type Given = { variables: Record<string, unknown>; tenantName: string }

/** @throws notification_variables_invalid naming every variable that is missing, notification_template_invalid */
export function renderTemplate(content: TemplateContent, wanted: Language, given: Given): Rendered {
  const missing = content.variables
    .filter(({ name, required }) => required !== false && !isGiven(given.variables, name))
    .map(({ name }) => name)
  if (missing.length > 0) {
    throw notificationError('notification_variables_invalid', {
      message: `The template asks for variables that were not given: ${missing.join(', ')}.`,
      details: variableDetails(missing, notificationFault('notice_variable_needed')),
    })
  }
  const language = chooseLanguage(content, wanted)
  const text = content.texts[language] as TemplateText
  const known = Object.fromEntries(
    content.variables.map(({ name }) => [name, isGiven(given.variables, name) ? given.variables[name] : null]),
  )
  const scope = { ...known, language, tenant_name: given.tenantName }
  const rendered = (source: string, as: 'text' | 'html', part: string): string => {
    const result = render(source, scope, as)
    if (result.ok) return result.text
    throw invalid([...['body', 'texts', language], part], unreadable(result.problem))
  }
  const title = oneLine(rendered(text.title, 'text', 'title')).slice(0, mostTitleChars)
  if (title === '') throw invalid(['body', 'texts', language, 'title'], notificationFault('notice_title_empty'))
  const body = withoutNul(rendered(text.body, 'text', 'body'))
    .trim()
    .slice(0, mostBodyChars)
  const html = text.html === undefined ? null : withoutNul(rendered(text.html, 'html', 'html')).slice(0, mostHtmlChars)
  const url = text.action ? withoutNul(rendered(text.action.url, 'text', 'action')).trim() : ''
  const label = text.action ? oneLine(rendered(text.action.label, 'text', 'action')).slice(0, 100) : ''
  const hasAction = url !== '' && label !== ''
  if (hasAction && !isWebAddress(url)) {
    throw invalid(['body', 'texts', language, 'action', 'url'], notificationFault('notice_url_form'))
  }
  return {
    language,
    title,
    body: body === '' ? title : body,
    html,
    actionUrl: hasAction ? url : null,
    actionLabel: hasAction ? label : null,
  }
}

const unreadable = (reason: string) => notificationFault('notice_template_unreadable', { reason })

function invalid(path: string[], told: NotificationTold) {
  return notificationError('notification_template_invalid', { details: [{ path, ...told, type: 'template' }] })
}

function isGiven(variables: Record<string, unknown>, name: string): boolean {
  return Object.hasOwn(variables, name) && variables[name] !== null && variables[name] !== undefined
}

/** Subjects and headlines are one line: what would end a header is a space. */
function oneLine(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim()
}

/** PostgreSQL cannot store U+0000 in any text. */
function withoutNul(text: string): string {
  return text.replaceAll('\u0000', '').toWellFormed()
}

function isWebAddress(text: string): boolean {
  if (text.length > 2_000 || !/^https?:\/\/[^\s\p{Cc}]+$/iu.test(text)) return false
  return URL.canParse(text)
}
