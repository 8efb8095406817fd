/**
 * The thread that makes documents: Typst and ECharts work synchronously, so they have a thread of their own, which may be ended
 * at any moment. Everything heavy is loaded here only.
 */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parentPort } from 'node:worker_threads'
import { NodeCompiler } from '@myriaddreamin/typst-ts-node-compiler'
import { drawChart } from './charts.ts'
import type { PrintedReport } from './document.ts'
import { htmlOf } from './html.ts'

export type RenderInput = { number: number; format: 'pdf' | 'html'; report: PrintedReport }
export type RenderOutput = { number: number; bytes: Uint8Array } | { number: number; error: string }

/** A folder that is not there: everything the compiler reads is given to it, so it has nothing else to read. */
const root = path.join(import.meta.dirname, 'no-such-folder')
const inRoot = (name: string) => path.join(root, name)
const main = inRoot('main.typ')

const fontNames = ['400Regular', '400Regular_Italic', '600SemiBold']

function newCompiler(): NodeCompiler {
  const fonts = path.dirname(fileURLToPath(import.meta.resolve('@expo-google-fonts/source-sans-3/package.json')))
  const fontBlobs = fontNames.map((name) => readFileSync(path.join(fonts, name, `SourceSans3_${name}.ttf`)))
  const compiler = NodeCompiler.create({ workspace: root, fontArgs: [{ fontBlobs }] })
  compiler.addSource(main, readFileSync(path.join(import.meta.dirname, 'report.typ'), 'utf8'))
  return compiler
}

let compiler: NodeCompiler | null = null

/** UTC, as Typst puts a moment together. */
function dateOf(seconds: number): number[] {
  const at = new Date(seconds * 1000)
  const day = [at.getUTCFullYear(), at.getUTCMonth() + 1, at.getUTCDate()]
  return [...day, at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds()]
}

/** Accessible and made to last: tagged, with everything in it (ISO 19005-2, level A). */
const archival = 'a-2a'

function pdfOf(report: PrintedReport): Uint8Array {
  compiler ??= newCompiler()
  const given: string[] = []
  const give = (name: string, content: string | Buffer) => {
    compiler?.mapShadow(inRoot(name), Buffer.from(content))
    given.push(name)
    return name
  }
  try {
    const blocks = report.blocks.map((block, i) => {
      if (block.type !== 'chart') return block
      const isEmpty = block.categories.length === 0
      return { ...block, file: isEmpty ? null : give(`chart-${i}.svg`, drawChart(block, report.language)) }
    })
    const { logo } = report
    const logoFile = logo
      ? give(`logo.${logo.type === 'image/png' ? 'png' : 'jpg'}`, Buffer.from(logo.base64, 'base64'))
      : null
    give('data.json', JSON.stringify({ ...report, blocks, logo: logoFile, date: dateOf(report.madeAt) }))
    const compiled = compiler.compile({ mainFilePath: main, resetRead: true })
    const document = compiled.result
    if (!document) {
      const reasons = compiled.takeDiagnostics()?.shortDiagnostics ?? []
      throw new Error(`the document could not be set: ${JSON.stringify(reasons).slice(0, 1000)}`)
    }
    const options = { pdfTags: true, creationTimestamp: report.madeAt }
    try {
      return compiler.pdf(document, { ...options, pdfStandard: archival })
    } catch {
      // A character that the typeface lacks has no place in a PDF/A: tagged all the same.
      return compiler.pdf(document, options)
    }
  } finally {
    for (const name of given) compiler.unmapShadow(inRoot(name))
    compiler.evictCache(5)
  }
}

/** A picture that cannot be read must not keep the figures from anybody. */
function withoutBrokenLogo(report: PrintedReport): Uint8Array {
  try {
    return pdfOf(report)
  } catch (error) {
    if (!report.logo) throw error
    return pdfOf({ ...report, logo: null })
  }
}

function handle({ number, format, report }: RenderInput): RenderOutput {
  try {
    const bytes = format === 'pdf' ? withoutBrokenLogo(report) : Buffer.from(htmlOf(report, drawChart))
    return { number, bytes: new Uint8Array(bytes) }
  } catch (error) {
    return { number, error: error instanceof Error ? error.message : String(error) }
  }
}

parentPort?.on('message', (input: RenderInput) => {
  parentPort?.postMessage(handle(input))
})
