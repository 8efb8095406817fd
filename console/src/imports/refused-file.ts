/** The beginning of a file of refused rows: semicolons, quotes doubled within quotes, CRLF (RFC 4180). */
const cell = /"((?:[^"]|"")*)"(?=;|\r\n|$)|([^;\r\n]*)/y

export function readRefused(text: string, most: number): { headers: string[]; rows: string[][] } {
  // What was cut off in the middle of a row is not shown.
  const content = text.slice(0, text.lastIndexOf('\r\n') + 2).replace(/^\ufeff/, '')
  const rows: string[][] = []
  let at = 0
  let row: string[] = []
  while (at < content.length && rows.length <= most) {
    cell.lastIndex = at
    const found = cell.exec(content)
    row.push(found?.[1]?.replaceAll('""', '"') ?? found?.[2] ?? '')
    at += found?.[0].length ?? 0
    if (content[at] === ';') at += 1
    else {
      at += 2
      rows.push(row)
      row = []
    }
  }
  const [headers = [], ...others] = rows
  return { headers, rows: others }
}
