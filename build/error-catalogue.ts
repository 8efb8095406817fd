/**
 * docs/errors.md from the features' own definitions and the contracts' own printers: `node build/error-catalogue.ts`; with
 * --check it fails when the page is outdated.
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { printError as azalscore } from '#contracts/azalscore/errors.ts'
import { printError as chatapi } from '#contracts/chatapi/errors.ts'
import { printError as factpulse } from '#contracts/factpulse/errors.ts'
import { printError as oauth2Clients } from '#contracts/oauth2-clients/errors.ts'
import { printError as partnerb2b } from '#contracts/partnerb2b/errors.ts'
import type { ErrorCode } from '#features/error-codes.ts'
import type { ErrorDefinitions } from '#kernel/errors.ts'
import { coreError, DomainError } from '#kernel/errors.ts'
import { advice, adviceByKind } from './error-advice.ts'

const root = path.join(import.meta.dirname, '..')
const page = path.join(root, 'docs/errors.md')

const heading = `# Errors

Written by \`npm run docs:errors\` from the sources. Every error that a contract can answer with, by what it is about. A contract has its own
form for errors and its own statuses; in all of them the header \`X-Request-Id\` names the request.

| contract | where the code is | where the faults are |
|---|---|---|
| FactPulse | \`errorCode\`; of a 422: \`detail[].type\` | \`detail[]\`: \`loc\`, \`msg\` |
| ChatAPI | \`error.code\` | \`error.details\`: \`field\`, \`error\`; several: \`errors[]\` in it |
| AZALSCORE | \`error.code\`: the code of the first column | \`error.details[]\`: \`field\`, \`message\` |
| PartnerB2B | none: \`error.code\` is the status | \`error.details[]\`: \`attribute\` or \`field\`, \`error\` |
| OAuth2 clients | none: \`code\` is the status | in \`msg\` |

The client package throws each as a class, with \`code\`, \`status\`, \`requestId\` and \`fieldErrors\` ([first client](guides/first-client.md)).
`

type Section = { title: string; definitions: ErrorDefinitions }

async function readSections(): Promise<Section[]> {
  const sections: Section[] = [{ title: 'every operation', definitions: coreError.definitions }]
  for (const file of globSync('src/features/*/{errors,*-errors}.ts', { cwd: root }).sort()) {
    const module = (await import(path.join(root, file))) as Record<string, { definitions?: ErrorDefinitions }>
    const title = (file.split('/')[2] ?? '').replaceAll('-', ' ')
    for (const { definitions } of Object.values(module)) if (definitions) sections.push({ title, definitions })
  }
  return sections
}

/** The page's text; its rows are all codes there are. @throws Error for a code that is there twice */
export async function printCatalogue(): Promise<{ text: string; codes: string[] }> {
  const sections = await readSections()
  const codes = sections.flatMap((section) => Object.keys(section.definitions))
  if (new Set(codes).size !== codes.length) throw new Error('two features have an error of the same code')
  const tables = sections.map(({ title, definitions }) => {
    const rows = Object.entries(definitions).map(([code, one]) => rowOf(new DomainError(code, one.kind, one.message)))
    const head =
      '| code | meaning | what to do | FactPulse | ChatAPI | AZALSCORE | PartnerB2B | OAuth2 |\n|---|---|---|---|---|---|---|---|'
    return `\n## ${title.charAt(0).toUpperCase()}${title.slice(1)}\n\n${head}\n${rows.join('\n')}\n`
  })
  return { text: heading + tables.join(''), codes }
}

function rowOf(error: DomainError): string {
  const code = error.code as ErrorCode
  const wire = factpulse(error, '')
  const { errorCode } = wire.body as { errorCode?: string }
  const chat = chatapi(error, '')
  const cells = [
    `\`${code}\``,
    error.message,
    advice[code] ?? adviceByKind[error.kind],
    [wire.status, errorCode === undefined ? '' : `\`${errorCode}\``].join(' ').trim(),
    `${chat.status} \`${(chat.body as { error: { code: string } }).error.code}\``,
    ...[azalscore, partnerb2b, oauth2Clients].map((print) => String(print(error, '').status)),
  ]
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`
}

export async function isCurrent(): Promise<boolean> {
  return readFileSync(page, 'utf8') === (await printCatalogue()).text
}

async function main(): Promise<void> {
  if (!process.argv.includes('--check')) writeFileSync(page, (await printCatalogue()).text)
  else if (!(await isCurrent())) {
    console.error('docs/errors.md is outdated: npm run docs:errors')
    process.exitCode = 1
  }
}

if (import.meta.main) void main()
