/**
 * What a batch says to PostgreSQL, as one piece of memory: messages of the extended query protocol (manual, 54.7 "Message
 * Formats"). node-postgres makes a Buffer of each message and writes each by itself; a batch of seven statements is fifteen
 * of them, and handing fifteen pieces to the system costs more than all that was done to make them (docs/decisions/0036).
 */

const usualBytes = 16 * 1024
const code = { parse: 0x50, describe: 0x44, bind: 0x42, execute: 0x45, sync: 0x53, statement: 0x53 }
const format = { text: 0, binary: 1 }
/** A UTF-16 unit takes three bytes of UTF-8 at most. */
const mostBytesOfUnit = 3

/** As much as a value may take in a message. */
export function mostBytesOf(value: string | Buffer | null): number {
  if (value === null) return 0
  return typeof value === 'string' ? value.length * mostBytesOfUnit : value.length
}

/** Gathers messages; `take` gives them away. One at a time: nothing may wait between the first message and `take`. */
export class WireMessages {
  #bytes = Buffer.allocUnsafe(usualBytes)
  #end = 0

  /** Forgets what was gathered and never taken. */
  clear(): void {
    this.#end = 0
  }

  /** @param name of the prepared statement; '' for the unnamed one */
  parse(name: string, text: string): void {
    const start = this.#begin(code.parse)
    this.#text(name)
    this.#text(text)
    this.#int16(0)
    this.#finish(start)
  }

  describeStatement(name: string): void {
    const start = this.#begin(code.describe)
    this.#byte(code.statement)
    this.#text(name)
    this.#finish(start)
  }

  /** To the unnamed portal; strings travel as text, Buffers as binary, all results are asked for as text. */
  bind(name: string, values: readonly (string | Buffer | null)[]): void {
    const start = this.#begin(code.bind)
    this.#text('')
    this.#text(name)
    this.#int16(values.length)
    for (const value of values) this.#int16(typeof value === 'string' || value === null ? format.text : format.binary)
    this.#int16(values.length)
    for (const value of values) this.#value(value)
    this.#int16(1)
    this.#int16(format.text)
    this.#finish(start)
  }

  /** The unnamed portal, all of its rows. */
  execute(): void {
    const start = this.#begin(code.execute)
    this.#text('')
    this.#int32(0)
    this.#finish(start)
  }

  sync(): void {
    this.#finish(this.#begin(code.sync))
  }

  /** @returns everything since the last time, which nobody writes into again */
  take(): Buffer {
    const gathered = this.#bytes.subarray(0, this.#end)
    this.#end = 0
    if (this.#bytes.length === usualBytes) return Buffer.from(gathered)
    // A long one is given away as it is: copying it costs more than memory anew, which is not held on to either.
    this.#bytes = Buffer.allocUnsafe(usualBytes)
    return gathered
  }

  #begin(type: number): number {
    this.#byte(type)
    const start = this.#end
    this.#int32(0)
    return start
  }

  /** The length counts itself, not the type before it. */
  #finish(start: number): void {
    this.#bytes.writeInt32BE(this.#end - start, start)
  }

  #value(value: string | Buffer | null): void {
    if (value === null) this.#int32(-1)
    else if (typeof value === 'string') this.#textValue(value)
    else this.#binaryValue(value)
  }

  #textValue(value: string): void {
    // A long one is counted: thrice its memory would be held until the system has taken it.
    this.#room(4 + (value.length > usualBytes ? Buffer.byteLength(value) : mostBytesOf(value)))
    const length = this.#bytes.write(value, this.#end + 4)
    this.#bytes.writeInt32BE(length, this.#end)
    this.#end += 4 + length
  }

  #binaryValue(value: Buffer): void {
    this.#int32(value.length)
    this.#room(value.length)
    value.copy(this.#bytes, this.#end)
    this.#end += value.length
  }

  /** Ended by a zero byte. */
  #text(text: string): void {
    this.#room(text.length * mostBytesOfUnit + 1)
    if (text !== '') this.#end += this.#bytes.write(text, this.#end)
    this.#bytes[this.#end++] = 0
  }

  #byte(value: number): void {
    this.#room(1)
    this.#bytes[this.#end++] = value
  }

  #int16(value: number): void {
    this.#room(2)
    this.#end = this.#bytes.writeUInt16BE(value, this.#end)
  }

  #int32(value: number): void {
    this.#room(4)
    this.#end = this.#bytes.writeInt32BE(value, this.#end)
  }

  #room(bytes: number): void {
    if (this.#bytes.length - this.#end >= bytes) return
    // With some room for what stands behind a long value, which would be copied for it.
    const larger = Buffer.allocUnsafe(Math.max(this.#end + bytes + usualBytes, this.#bytes.length * 2))
    this.#bytes.copy(larger, 0, 0, this.#end)
    this.#bytes = larger
  }
}
