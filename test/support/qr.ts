/** Reads the modules of a QR code from the PNG that we draw, to compare them with those of the text it should hold. */
import { inflateSync } from 'node:zlib'
import { create } from 'qrcode'

/** true = dark, row by row, without the quiet zone. Takes 8-bit PNGs of four channels, filter by filter (PNG, 9.2). */
export function modulesOfPng(dataUrl: string): boolean[] {
  const png = Buffer.from(dataUrl.replace('data:image/png;base64,', ''), 'base64')
  const width = png.readUInt32BE(16)
  const [depth, colourType] = [png[24], png[25]]
  if (depth !== 8 || colourType !== 6) throw new Error(`PNG of depth ${depth}, colour type ${colourType}`)
  const rows = unfilter(inflateSync(Buffer.concat(chunks(png, 'IDAT'))), width * 4)
  const isDark = (x: number, y: number) => (rows[y]?.[x * 4] ?? 255) < 128
  const margin = rows.findIndex((_, y) => Array.from({ length: width }, (_, x) => isDark(x, y)).includes(true))
  // The first row begins with a finder pattern: seven dark modules.
  let finder = 0
  while (isDark(margin + finder, margin)) finder++
  const scale = finder / 7
  const size = (width - 2 * margin) / scale
  return Array.from({ length: size * size }, (_, i) =>
    isDark(margin + (i % size) * scale + scale / 2, margin + Math.floor(i / size) * scale + scale / 2),
  )
}

/** The modules of a text, as the standard draws them at error correction level M. */
export function modulesOfText(text: string): boolean[] {
  return Array.from(create(text, { errorCorrectionLevel: 'M' }).modules.data, (one) => one === 1)
}

function chunks(png: Buffer, type: string): Buffer[] {
  const found: Buffer[] = []
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at)
    if (png.toString('latin1', at + 4, at + 8) === type) found.push(png.subarray(at + 8, at + 8 + length))
    at += length + 12
  }
  return found
}

function unfilter(data: Buffer, stride: number): Buffer[] {
  const rows: Buffer[] = []
  for (let at = 0; at < data.length; at += stride + 1) {
    const filter = data[at]
    const row = Buffer.from(data.subarray(at + 1, at + 1 + stride))
    const above = rows.at(-1)
    for (let x = 0; x < stride; x++) {
      const left = row[x - 4] ?? 0
      const up = above?.[x] ?? 0
      const corner = above?.[x - 4] ?? 0
      row[x] = ((row[x] ?? 0) + predict(filter, { left, up, corner })) & 255
    }
    rows.push(row)
  }
  return rows
}

function predict(
  filter: number | undefined,
  { left, up, corner }: { left: number; up: number; corner: number },
): number {
  switch (filter) {
    case 0:
      return 0
    case 1:
      return left
    case 2:
      return up
    case 3:
      return (left + up) >> 1
    default: {
      const guess = left + up - corner
      const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)]
      if (a <= b && a <= c) return left
      return b <= c ? up : corner
    }
  }
}
