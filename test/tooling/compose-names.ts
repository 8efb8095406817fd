/**
 * Names of services at 127.0.0.11, where Docker answers for them (RFC 1035): one question a packet, IPv4 addresses only. Its argument is a
 * JSON object of name and address.
 */
import dgram from 'node:dgram'

const addresses = JSON.parse(process.argv[2] ?? '{}') as Record<string, string>
const headerBytes = 12
const [addressType, nameError] = [1, 3]

function readName(packet: Buffer): { name: string; end: number } {
  const labels: string[] = []
  let at = headerBytes
  for (let length = packet[at] ?? 0; length > 0; length = packet[at] ?? 0) {
    labels.push(packet.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return { name: labels.join('.').toLowerCase(), end: at + 1 }
}

function answerTo(packet: Buffer): Buffer {
  const { name, end } = readName(packet)
  const address = addresses[name]
  const found = address !== undefined && packet.readUInt16BE(end) === addressType
  const header = Buffer.from(packet.subarray(0, headerBytes))
  // A response, recursion available.
  header.writeUInt16BE(0x8180 | (address === undefined ? nameError : 0), 2)
  for (const [at, count] of [1, found ? 1 : 0, 0, 0].entries()) header.writeUInt16BE(count, 4 + 2 * at)
  const question = packet.subarray(headerBytes, end + 4)
  if (!found) return Buffer.concat([header, question])
  // The question's name, type A, class IN, five seconds, four bytes.
  const record = Buffer.from([
    0xc0,
    headerBytes,
    0,
    addressType,
    0,
    1,
    0,
    0,
    0,
    5,
    0,
    4,
    ...address.split('.').map(Number),
  ])
  return Buffer.concat([header, question, record])
}

const socket = dgram.createSocket('udp4')
socket.on('message', (packet, from) => socket.send(answerTo(packet), from.port, from.address))
socket.bind(53, '127.0.0.11', () => process.stdout.write('answers\n'))
