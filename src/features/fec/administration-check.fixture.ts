/**
 * What the administration's own checker looks at (Test Compta Demat 1.00.04, trt_entete.pl and trt_txt.pl, for BIC/IS),
 * written a second time and from the bytes: it knows nothing of how the file was made. `errors` make a file non-conforming,
 * `alerts` are listed as anomalies.
 */

type Kind = 'text' | 'date' | 'numeric'
type Field = { name: string; kind: Kind; mandatory: boolean }

const field = (name: string, kind: Kind = 'text', mandatory = false): Field => ({ name, kind, mandatory })
/** The columns of the decree; mandatory is NOT NULL in the checker's table, or refused as empty since 2013. */
const decree: readonly Field[] = [
  field('JournalCode', 'text', true),
  field('JournalLib', 'text', true),
  field('EcritureNum', 'text', true),
  field('EcritureDate', 'date', true),
  field('CompteNum', 'text', true),
  field('CompteLib', 'text', true),
  field('CompAuxNum'),
  field('CompAuxLib'),
  field('PieceRef', 'text', true),
  field('PieceDate', 'date', true),
  field('EcritureLib', 'text', true),
  field('Debit', 'numeric', true),
  field('Credit', 'numeric', true),
  field('EcritureLet'),
  field('DateLet', 'date'),
  field('ValidDate', 'date', true),
  field('Montantdevise', 'numeric'),
  field('Idevise'),
]

export type Verdict = { errors: string[]; alerts: string[]; rows: string[][] }

export function administrationCheck(fileName: string, bytes: Buffer, encoding: 'iso-8859-15' | 'utf-8'): Verdict {
  const errors: string[] = []
  const alerts: string[] = []
  if (!/^[0-9]{9}FEC20[0-9]{2}[0-1][0-9][0-3][0-9]\.txt$/.test(fileName)) errors.push(`file name ${fileName}`)
  const text = new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(bytes)
  const end = text.slice(0, 4096).includes('\r\n') ? '\r\n' : '\n'
  if (!text.endsWith(end)) errors.push('the last line has no end')
  const lines = text.slice(0, -end.length).split(end)
  const header = (lines.shift() ?? '').split('\t')
  for (const { name } of decree) if (!header.includes(name)) errors.push(`the column ${name} is missing`)
  if (header.join() !== decree.map(({ name }) => name).join()) errors.push('the columns are in another order')
  if (lines.length === 0) errors.push('the file has no lines')
  const rows = lines.map((line, i) => {
    const values = line.split('\t')
    const where = `line ${i + 2}`
    if (line === '') errors.push(`${where} is empty`)
    else if (values.length !== header.length) errors.push(`${where} has ${values.length} fields`)
    else checkLine(header, values, { where, errors, alerts })
    return values
  })
  return { errors, alerts, rows }
}

type Findings = { where: string; errors: string[]; alerts: string[] }

function checkLine(header: readonly string[], values: readonly string[], { where, errors, alerts }: Findings): void {
  const fieldOf = (name: string) => (values[header.indexOf(name)] ?? '').trim()
  for (const { name, kind, mandatory } of decree) {
    const value = fieldOf(name)
    if (value === '') {
      if (mandatory) errors.push(`${where}: ${name} is empty`)
      continue
    }
    const { error, alert } = findings[kind](value)
    if (error) errors.push(`${where}: ${name} ${error}`)
    if (alert) alerts.push(`${where}: ${name} ${alert}`)
  }
  if (!/^[0-9]{3}/.test(fieldOf('CompteNum'))) alerts.push(`${where}: CompteNum`)
  const isZero = (name: string) => Number(fieldOf(name).replace(',', '.')) === 0
  if (isZero('Debit') === isZero('Credit')) alerts.push(`${where}: debit and credit`)
}

type Finding = { error?: string; alert?: string }

const findings: Record<Kind, (value: string) => Finding> = {
  text: () => ({}),
  numeric: (value) => {
    if (/^[0-9]+ [0-9]+/.test(value)) return { error: 'has a separator of thousands' }
    return /^[+-]?[0-9]+(?:,[0-9]+)?$/.test(value) ? {} : { error: 'is not numeric' }
  },
  date: (value) => {
    const found = /^([0-9]{4})([0-9]{2})([0-9]{2})$/.exec(value)
    if (!found) return { error: 'is no date' }
    if (Number(found[2]) > 12 || Number(found[3]) > 31) return { error: 'is not in the calendar' }
    return /^(?:19|20)/.test(value) ? {} : { alert: 'is outside of the period' }
  },
}
