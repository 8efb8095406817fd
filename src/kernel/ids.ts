import { randomBytes, randomFillSync } from 'node:crypto'

export type IdPrefix =
  | 'sess'
  | 'evt'
  | 'user'
  | 'tenant'
  | 'key'
  | 'file'
  | 'imp'
  | 'exp'
  | 'wf'
  | 'exec'
  | 'apr'
  | 'notif'
  | 'rpt'
  | 'dev'
  | 'inv'
  | 'pend'
  | 'chk'
  | 'fwd'
  | 'fbk'
  | 'dlg'
  | 'rsch'
  | 'ver'
  | 'val'
  | 'ers'
  | 'rdn'

export type Id<P extends IdPrefix> = `${P}_${string}`

// 128 bits in 26 characters of 5: the first character carries 3 bits, so it is at most 7 (TypeID specification 0.3).
const suffix = /^[0-7][0-9a-hjkmnp-tv-z]{25}$/
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/**
 * A new TypeID (github.com/jetify-com/typeid): the prefix, `_`, and a UUIDv7 in 26 characters of base32. Inside one
 * process later ids sort after earlier ones of the same prefix (see `newUuid`).
 */
export function newId<P extends IdPrefix>(prefix: P): Id<P> {
  drawUuid()
  return `${prefix}_${inBase32(drawn)}`
}

/** Whether the text is a TypeID of this prefix, in canonical (lowercase) form. */
export function isId<P extends IdPrefix>(prefix: P, text: string): text is Id<P> {
  return text.startsWith(`${prefix}_`) && suffix.test(text.slice(prefix.length + 1))
}

/**
 * A new UUIDv7 (RFC 9562), lowercase. Time-ordered, and strictly increasing inside one process, also within a
 * millisecond and while the clock is set back by up to 10 s. Node's own randomUUIDv7 orders by millisecond only, which
 * would shuffle the events of one request.
 */
export function newUuid(): string {
  drawUuid()
  const text = drawn.toString('hex')
  return `${text.slice(0, 8)}-${text.slice(8, 12)}-${text.slice(12, 16)}-${text.slice(16, 20)}-${text.slice(20)}`
}

/** The last one that was drawn: every write draws three, so nothing is made for them but their text. */
const drawn = Buffer.alloc(16)
/** Asked for by the page: asking costs more than what a single id needs. */
const random = Buffer.alloc(4096)
const randomOfOne = 10
let randomUsed = random.length
let lastMs = 0
/** Within a millisecond (RFC 9562 6.2, method 1): 30 bits, which begin below the half of what they can count. */
let counter = 0
const counterBits = 30
const mostClockSetBackMs = 10_000

/** The layout of RFC 9562 5.7: 48 bits of time, version, 12 bits of the counter, variant, 18 bits of it, 44 random bits. */
function drawUuid(): void {
  if (randomUsed + randomOfOne > random.length) {
    randomFillSync(random)
    randomUsed = 0
  }
  const at = randomUsed
  randomUsed += randomOfOne
  const now = Date.now()
  if (now > lastMs || now < lastMs - mostClockSetBackMs) {
    lastMs = now
    counter = random.readUInt32BE(at + 6) >>> (33 - counterBits)
  } else if (++counter === 2 ** counterBits) {
    counter = 0
    lastMs++
  }
  drawn.writeUIntBE(lastMs, 0, 6)
  drawn.writeUInt16BE(0x7000 | (counter >>> 18), 6)
  const low = counter & 0x3ffff
  drawn[8] = 0x80 | (low >>> 12)
  drawn[9] = low >>> 4
  random.copy(drawn, 10, at, at + 6)
  drawn[10] = ((low & 0xf) << 4) | ((drawn[10] as number) & 0xf)
}

const base32 = '0123456789abcdefghjkmnpqrstvwxyz'

/** 128 bits with two zero bits before them, five a character, highest first (TypeID specification 0.3). */
function inBase32(bytes: Buffer): string {
  let text = ''
  let rest = 0
  let bits = 2
  for (const byte of bytes) {
    rest = (rest << 8) | byte
    for (bits += 8; bits >= 5; ) {
      bits -= 5
      text += base32[(rest >>> bits) & 31]
    }
    rest &= (1 << bits) - 1
  }
  return text
}

/**
 * Many new UUIDv7 at once, in ascending order, at a tenth of the cost: for rows by the thousand. They carry one millisecond;
 * those of another call, or of `newUuid`, in the same millisecond lie between them.
 */
export function newUuids(count: number): string[] {
  const time = Date.now().toString(16).padStart(12, '0')
  const prefix = `${time.slice(0, 8)}-${time.slice(8)}-7`
  const random = randomBytes(count * 10).toString('hex')
  const ids: string[] = new Array(count)
  for (let i = 0; i < count; i++) {
    const at = i * 20
    // RFC 9562, 4.1: the two highest bits of the variant are 10.
    const variant = '89ab'[random.charCodeAt(at + 3) & 3] as string
    const group = `${random.slice(at, at + 3)}-${variant}${random.slice(at + 4, at + 7)}`
    ids[i] = `${prefix}${group}-${random.slice(at + 7, at + 19)}`
  }
  return ids.sort()
}

/** Whether the text is a UUID in canonical form (8-4-4-4-12 hexadecimal digits), of any version, in either case. */
export function isUuid(text: string): boolean {
  return uuid.test(text)
}
