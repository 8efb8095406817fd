import type { Format } from './schemas.ts'

const types: Readonly<Record<Format, string>> = {
  pdf: 'application/pdf',
  excel: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  csv: 'text/csv; charset=utf-8; header=present',
  html: 'text/html; charset=utf-8',
}

export const contentTypeOf = (format: Format): string => types[format]
