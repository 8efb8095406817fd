/** What every account has from the start (migrations/0015-workflows.ts), in the user's language; a test compares them. */
export const builtInTexts = [
  {
    text: 'Tells the approvers of each new invoice; one of them decides on those over the amount.',
    word: 'builtInAbout',
  },
  { text: 'Invoices over this amount are approved by somebody', word: 'builtInThreshold' },
] as const

/** Its steps, which its definition gives no names. */
export const builtInSteps = [
  'notify_manager',
  'check_amount',
  'approval_step',
  'check_unchanged',
  'set_approved',
  'set_rejected',
  'notify_decision',
] as const

/** As words: check_limit is "Check limit". */
export function readable(id: string): string {
  const words = id.replaceAll('_', ' ').trim()
  return words.charAt(0).toUpperCase() + words.slice(1)
}
