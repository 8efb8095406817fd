/**
 * Errors as the console reads them, whichever contract it has called: the domain's code, and of each fault its code and
 * parameters, so that it can say them in the user's language. Contracts have no room for all of that in their own forms.
 */
import type { DomainError, ErrorDetail } from '#kernel/errors.ts'

function presentFault({ path = [], message, code, parameters }: ErrorDetail) {
  return {
    ...(path.length > 0 ? { field: path.join('.') } : {}),
    message,
    ...(code === undefined ? {} : { code, parameters: parameters ?? {} }),
  }
}

export const printConsoleError = ({ code, message, details }: DomainError, requestId: string) => ({
  error: { code, message, details: details.map(presentFault), request_id: requestId },
})
