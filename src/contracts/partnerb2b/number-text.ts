/** JSON that keeps a number's spelling (the proposal "JSON.parse source text access", in V8 since 11.4). */
type JsonWithRaw = { rawJSON(text: string): unknown }

/**
 * The number as Python prints a float, which is how the document has them: 0.0, and 9.223372036854776e+18 where JavaScript
 * prints 9223372036854776000. For JSON.stringify only.
 */
export function floatText(value: number): unknown {
  return (JSON as unknown as JsonWithRaw).rawJSON(pythonFloat(value))
}

export function pythonFloat(value: number): string {
  if (Math.abs(value) >= 1e16) return value.toExponential()
  return Number.isInteger(value) ? `${value}.0` : String(value)
}
