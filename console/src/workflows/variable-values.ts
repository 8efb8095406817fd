export const variableTypes = ['number', 'string', 'boolean', 'any'] as const
type VariableType = (typeof variableTypes)[number]

/** What is typed, as the type that the variable has; what is none stays text, and the server says so. */
export function typedValue(type: VariableType, text: string): unknown {
  if (type === 'string') return text
  if (type === 'number') {
    const value = Number(text.replaceAll(/[\s\u00a0\u202f]/g, '').replace(',', '.'))
    return Number.isNaN(value) ? text : value
  }
  if (type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
