/** An SMTP server as a process of its own, which counts what it gets: it tells its port, and when so many have come. */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'

let count = 0
let awaited = Number.POSITIVE_INFINITY
const server = new SMTPServer({
  hideSTARTTLS: true,
  disabledCommands: ['STARTTLS', 'AUTH'],
  onData(stream, _session, callback) {
    stream.resume()
    stream.once('end', () => {
      callback(null)
      count++
      if (count >= awaited) tell()
    })
  },
})
server.on('error', () => {})

function tell(): void {
  awaited = Number.POSITIVE_INFINITY
  process.send?.({ count })
  count = 0
}

process.on('message', (message: { await: number }) => {
  awaited = message.await
  if (count >= awaited) tell()
})
process.once('disconnect', () => process.exit(0))
server.listen(0, '127.0.0.1')
await once(server.server, 'listening')
process.send?.({ port: (server.server.address() as AddressInfo).port })
