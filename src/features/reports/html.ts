/**
 * A report as one HTML file: nothing is fetched, nothing is run, so it opens anywhere and under the strictest policy; it brings
 * its own. Every text is escaped.
 */
import type { PrintedBlock, PrintedChart, PrintedReport, PrintedTable } from './document.ts'
import type { Language } from './schemas.ts'

type Draw = (chart: PrintedChart, language: Language) => string

const style = `
:root{--ink:#1c2430;--muted:#5a6472;--accent:#2f5d8a;--rule:#d5dbe3;--faint:#f4f6f8;--paper:#fff}
*{box-sizing:border-box}
body{margin:0;background:#e9edf1;color:var(--ink);font:15px/1.5 "Source Sans 3","Segoe UI",system-ui,sans-serif}
main{max-width:60rem;margin:0 auto;padding:2.5rem clamp(1rem,4vw,3rem) 3rem;background:var(--paper);min-height:100vh}
header{display:flex;justify-content:space-between;gap:2rem;border-bottom:2px solid var(--accent);padding-bottom:1rem;margin-bottom:1.5rem}
header img{max-width:12rem;max-height:5rem;object-fit:contain;align-self:flex-start}
.tenant{color:var(--accent);font-weight:600}
h1{font-size:2rem;line-height:1.2;margin:.1rem 0 .3rem;font-weight:600}
h2{font-size:1.15rem;margin:2rem 0 .75rem;font-weight:600}
header p{margin:0;color:var(--muted)}
.period{font-size:1.1rem}
dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(11.5rem,1fr));gap:.75rem;margin:0}
dl div{background:var(--faint);border-radius:6px;padding:.7rem .9rem;display:flex;flex-direction:column}
dt{color:var(--muted);font-size:.85rem}
dd{margin:0;font-size:1.3rem;font-weight:600;font-variant-numeric:tabular-nums;margin-top:auto}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,20rem),1fr));column-gap:2rem}
figure{margin:0}
figure svg{width:100%;height:auto;display:block}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.9rem;font-variant-numeric:tabular-nums}
th{color:var(--accent);font-weight:600;text-align:left;border-bottom:1px solid var(--accent)}
td{border-bottom:1px solid var(--rule);vertical-align:top}
th,td{padding:.4rem .6rem}
tbody tr:nth-child(even){background:var(--faint)}
.n{text-align:right;white-space:nowrap}
.note,footer{color:var(--muted);font-size:.9rem}
footer{margin-top:2.5rem;border-top:1px solid var(--rule);padding-top:.75rem}
@page{size:A4;margin:16mm}
@media print{body{background:none}main{padding:0;max-width:none}thead{display:table-header-group}tr,figure,dl div{break-inside:avoid}h2{break-after:avoid}}
`

const policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"

export function htmlOf(report: PrintedReport, draw: Draw): string {
  const { language, title, tenant, period, details, made, logo } = report
  const image = logo ? `<img src="data:${logo.type};base64,${logo.base64}" alt="${escapeHtml(tenant)}">` : ''
  return `<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">
<title>${escapeHtml(`${title} – ${period}`)}</title><style>${style}</style></head>
<body><main><header><div><div class="tenant">${escapeHtml(tenant)}</div><h1>${escapeHtml(title)}</h1>
<p class="period">${escapeHtml(period)}</p>${details.map((one) => `<p>${escapeHtml(one)}</p>`).join('')}</div>${image}</header>
${blocks(report.blocks, (chart) => draw(chart, language))}
<footer>${escapeHtml(made)}</footer></main></body></html>
`
}

/** Charts of half the width stand in pairs. */
function blocks(all: readonly PrintedBlock[], draw: (chart: PrintedChart) => string): string {
  const parts: string[] = []
  for (let i = 0; i < all.length; i++) {
    const block = all[i] as PrintedBlock
    const following = all[i + 1]
    if (isHalf(block) && following && isHalf(following)) {
      parts.push(`<div class="charts">${figure(block, draw)}${figure(following, draw)}</div>`)
      i += 1
    } else parts.push(one(block, draw))
  }
  return parts.join('\n')
}

const isHalf = (block: PrintedBlock): block is PrintedChart => block.type === 'chart' && block.width === 'half'

function one(block: PrintedBlock, draw: (chart: PrintedChart) => string): string {
  switch (block.type) {
    case 'tiles':
      return `<dl>${block.tiles.map(({ label, value }) => `<div><dt>${escapeHtml(label)}</dt><dd>${escapeHtml(value)}</dd></div>`).join('')}</dl>`
    case 'chart':
      return figure(block, draw)
    case 'table':
      return table(block)
    case 'text':
      return `<p>${escapeHtml(block.text).replaceAll('\n', '<br>')}</p>`
  }
}

function figure(chart: PrintedChart, draw: (chart: PrintedChart) => string): string {
  const inside =
    chart.categories.length === 0
      ? `<p class="note">${escapeHtml(chart.nothing)}</p>`
      : `<div role="img" aria-label="${escapeHtml(chart.alternative)}">${responsive(draw(chart))}</div>`
  return `<figure><h2>${escapeHtml(chart.title)}</h2>${inside}</figure>`
}

/** The drawing's own sizes stand in its viewBox as well; without them it takes the room that it is given. */
function responsive(svg: string): string {
  return svg.replace(/^<svg width="\d+" height="\d+"/, '<svg aria-hidden="true"')
}

function table({ title, columns, rows, note }: PrintedTable): string {
  const classOf = columns.map(({ align }) => (align === 'right' ? ' class="n"' : ''))
  const head = columns.map(({ label }, i) => `<th scope="col"${classOf[i]}>${escapeHtml(label)}</th>`).join('')
  const lines = rows.map(
    (row) => `<tr>${row.map((cell, i) => `<td${classOf[i]}>${escapeHtml(cell)}</td>`).join('')}</tr>`,
  )
  const body =
    rows.length === 0
      ? ''
      : `<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>\n${lines.join('\n')}\n</tbody></table></div>`
  return `<section><h2>${escapeHtml(title)}</h2>${body}${note === '' ? '' : `<p class="note">${escapeHtml(note)}</p>`}</section>`
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`)
}
