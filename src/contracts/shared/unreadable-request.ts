/** Bytes that are no HTTP: there is no request to route, so the answer goes to the socket itself. */
import { randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { coreError } from '#kernel/errors.ts'
import type { Contract } from './contract.ts'

const statuses: Record<string, number> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 }

/** Answers as the contract does for addresses that none owns, with a request id, and ends the connection. */
export function answerUnreadableRequest(contract: Contract, error: { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return
  const requestId = randomUUID()
  const printed = contract.printError(coreError('bad_request'), requestId)
  const status = statuses[error.code ?? ''] ?? printed.status
  const body = JSON.stringify(printed.body)
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `x-request-id: ${requestId}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'cache-control: no-store',
    'connection: close',
  ]
  if (socket.writable) socket.write(`${head.join('\r\n')}\r\n\r\n${body}`)
  socket.destroySoon()
}
