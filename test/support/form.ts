/** multipart/form-data as browsers send it (RFC 7578). */
export type Form = { type: string; body: Buffer }

export type Part = { name: string; content: Buffer | string; fileName?: string; type?: string }

const boundary = '----------------------------clientele'

export function partsOf(parts: readonly Part[]): Form {
  const written = parts.flatMap(({ name, content, fileName, type }) => {
    const file = fileName === undefined ? '' : `; filename="${fileName}"`
    const head = [
      `--${boundary}`,
      `Content-Disposition: form-data; name="${name}"${file}`,
      ...(type ? [`Content-Type: ${type}`] : []),
    ].join('\r\n')
    return [Buffer.from(`${head}\r\n\r\n`), Buffer.from(content), Buffer.from('\r\n')]
  })
  const body = Buffer.concat([...written, Buffer.from(`--${boundary}--\r\n`)])
  return { type: `multipart/form-data; boundary=${boundary}`, body }
}

/** The fields first, then the files. */
export function formOf(fields: Record<string, unknown>, files: Record<string, Buffer>): Form {
  return partsOf([
    ...Object.entries(fields).map(([name, value]) => ({
      name,
      content: typeof value === 'string' ? value : (JSON.stringify(value) ?? ''),
    })),
    ...Object.entries(files).map(([name, content]) => ({
      name,
      content,
      fileName: `${name}.bin`,
      type: 'application/octet-stream',
    })),
  ])
}
