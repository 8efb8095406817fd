#!/usr/bin/env node
// Verifies an export of a Clientele audit log, offline. Node 18 or newer, no other package.
//   node verify-audit.mjs export.jsonl [--key <key id>]
//
// Exit code 0: nothing was changed, left out, added or moved. 1: something was; it says what and where. 2: usage.
// Without --key the file is only checked against the key in it, which a forger may have replaced: compare its id, which is
// printed, with the one you got from the server itself (/.well-known/audit-keys.json) or wrote down before.
//
//   event hash = SHA-256(bytes of "event" in its line, which are RFC 8785)
//   link       = SHA-256(link before || sequence as 8 bytes, big-endian || event hash)
//   link 0     = SHA-256("clientele-audit-chain-v1" LF tenant LF category)
//
// Of an event from which personal data was erased, a signed "redaction" tells the hash of what was left; the link has the old one.
import { createHash, createPublicKey, verify } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { argv, exit } from 'node:process'

const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest()
const hex = (bytes) => bytes.toString('hex')
/** RFC 8785 for parsed JSON. */
const canonical = (value) => {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  const members = Object.keys(value).sort()
  return `{${members.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(',')}}`
}

class Refusal extends Error {}
const refuse = (reason, what) => {
  throw new Refusal(`${reason}: ${what}`)
}
const eventLine =
  /^\{"event":(.*),"event_hash":"([0-9a-f]{64})","link_hash":"([0-9a-f]{64})","sequence":(\d+),"type":"event"\}$/s
const kinds = ['key', 'chain', 'checkpoint', 'redaction', 'end']

class Verifier {
  keys = new Map()
  whole = createHash('sha256')
  events = 0
  redacted = 0
  checkpoints = 0
  header = null
  current = null
  ended = null
  /** A number that did not come where it should: somewhere behind (moved) or nowhere (missing). */
  gap = null

  /** @param bytes one line without its line feed */
  line(bytes) {
    const text = bytes.toString('utf8')
    if (!Buffer.from(text).equals(bytes)) refuse('altered', `line is not UTF-8 behind event ${this.events}`)
    if (this.ended) refuse('altered', 'there is something behind the end')
    const match = eventLine.exec(text)
    if (this.gap) this.afterGap(match)
    else if (match) this.event(text, match)
    else this.other(text)
    this.whole.update(bytes).update('\n')
  }

  other(text) {
    const value = JSON.parse(text)
    if (canonical(value) !== text) refuse('altered', `a line is not as it was written: ${text.slice(0, 80)}`)
    if (!this.header) {
      if (value.format !== 'clientele-audit' || value.version !== 1) refuse('altered', 'no header')
      this.header = value
    } else if (kinds.includes(value.type)) this[value.type](value)
    else refuse('altered', `a line of an unknown kind: ${text.slice(0, 80)}`)
  }

  key({ key_id: id, public_key: publicKey }) {
    const der = Buffer.from(publicKey, 'base64')
    if (hex(sha256(der)).slice(0, 32) !== id) refuse('altered', `key ${id} is another one`)
    this.keys.set(id, createPublicKey({ key: der, format: 'der', type: 'spki' }))
  }

  signed(payload, keyId, signature, what) {
    const key = this.keys.get(keyId)
    const bytes = Buffer.from(signature, 'base64')
    const isSame = bytes.toString('base64') === signature
    if (!(key && isSame && verify(null, Buffer.from(payload), key, bytes)))
      refuse('altered', `${what} is not what was signed`)
  }

  chain(value) {
    this.finishChain()
    const { category, first_sequence: first, last_sequence: last, previous_link: previous } = value
    const start = hex(sha256(`clientele-audit-chain-v1\n${this.header.tenant_id}\n${category}`))
    if (first === 1 && previous !== start) refuse('altered', `the chain ${category} begins with another link`)
    const link = Buffer.from(previous, 'hex')
    const nothingYet = { signed: new Map(), left: new Map(), before: null }
    this.current = { category, first, last, sequence: first - 1, link, ...nothingYet }
  }

  checkpoint({ checkpoint, signature }) {
    const { current: chain } = this
    const { id, category, tenant_id: tenant, sequence, link_hash: link, number, previous } = checkpoint
    this.signed(canonical(checkpoint), checkpoint.key_id, signature, `checkpoint ${id}`)
    if (!chain || category !== chain.category || tenant !== this.header.tenant_id)
      refuse('altered', `checkpoint ${id} is of another chain`)
    if (number === chain.before?.number + 1 && previous !== chain.before.hash)
      refuse('altered', `checkpoint ${id} does not follow the one before`)
    chain.before = { number, hash: hex(sha256(canonical(checkpoint))) }
    if (sequence === chain.first - 1 && link !== hex(chain.link))
      refuse('rewritten', `the chain ${category} begins with another link than checkpoint ${id} signed`)
    chain.signed.set(sequence, { id, link })
    this.checkpoints++
  }

  /** They come in the order in which they were made: of those that name an event the last one counts. */
  redaction({ redaction, signature }) {
    const { id, category, tenant_id: tenant, events } = redaction
    this.signed(canonical(redaction), redaction.key_id, signature, `redaction ${id}`)
    const isOfChain = category === this.current?.category && tenant === this.header.tenant_id
    if (!isOfChain) refuse('altered', `redaction ${id} is of another chain`)
    for (const { event_id: event, ...hashes } of events) this.current.left.set(event, { id, ...hashes })
  }

  afterGap(match) {
    const what = `number ${this.gap} of the chain ${this.current.category}`
    if (!match) refuse('missing', what)
    if (Number(match[4]) === this.gap) refuse('reordered', `${what} stands behind others`)
  }

  event(text, [, event, eventHash, linkHash, number]) {
    const { current: chain } = this
    if (!chain) refuse('altered', 'an event before its chain')
    const sequence = Number(number)
    const name = `number ${sequence} of the chain ${chain.category}`
    if (sequence > chain.sequence + 1) this.gap = chain.sequence + 1
    if (this.gap) return
    if (sequence <= chain.sequence) refuse('reordered', name)
    const { event: value } = JSON.parse(text)
    if (value === null) refuse('missing', `${name}: its event was gone when the file was made`)
    const isItsOwn = value.tenant_id === this.header.tenant_id && value.category === chain.category
    const left = chain.left.get(value.id)
    const { event_hash: was, redacted_hash: is } = left ?? { event_hash: eventHash, redacted_hash: eventHash }
    if (canonical(value) !== event || hex(sha256(event)) !== is || was !== eventHash || !isItsOwn)
      refuse('altered', `${name}, event ${value.id}${left ? `, which was redacted by ${left.id}` : ''}`)
    if (left) this.redacted++
    const eight = Buffer.from(sequence.toString(16).padStart(16, '0'), 'hex')
    const link = sha256(chain.link, eight, Buffer.from(eventHash, 'hex'))
    if (hex(link) !== linkHash)
      refuse('reordered or altered', `the link of ${name}, event ${value.id}, does not follow from the one before`)
    const signed = chain.signed.get(sequence)
    if (signed && signed.link !== linkHash)
      refuse('rewritten', `the links up to ${name} were computed anew: checkpoint ${signed.id} signed another one`)
    Object.assign(chain, { link, sequence })
    this.events++
  }

  finishChain() {
    const { category, sequence, last } = this.current ?? {}
    if (sequence !== last) refuse('missing', `number ${sequence + 1} to ${last} of the chain ${category}`)
  }

  end({ signature, ...end }) {
    this.finishChain()
    if (end.events !== this.events) refuse('missing', `the file had ${end.events} events and has ${this.events}`)
    if (end.sha256 !== hex(this.whole.copy().digest())) refuse('altered', 'the file is not what was exported')
    this.signed(canonical(end), end.key_id, signature, 'the end of the file')
    if ((this.trustedKey ?? end.key_id) !== end.key_id)
      refuse('altered', `the file was signed with key ${end.key_id}, not ${this.trustedKey}`)
    this.ended = end
  }
}

async function verifyFile(path, trustedKey) {
  const verifier = Object.assign(new Verifier(), { trustedKey })
  let rest = Buffer.alloc(0)
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
    let from = 0
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, from)) {
      verifier.line(bytes.subarray(from, at))
      from = at + 1
    }
    rest = bytes.subarray(from)
  }
  if (verifier.gap) verifier.afterGap(null)
  if (rest.length > 0 || !verifier.ended) refuse('missing', 'the end of the file')
  return verifier
}

const [path, option, trustedKey] = argv.slice(2)
if (!path || (option ?? '--key') !== '--key' || (option && !trustedKey)) {
  console.error('usage: node verify-audit.mjs export.jsonl [--key <key id>]')
  exit(2)
}
try {
  const { events, redacted, checkpoints, header, ended } = await verifyFile(path, trustedKey)
  const of = `${events} events of ${header.tenant_id} (${header.categories.join(', ')})`
  console.log(`VALID: ${of}, ${checkpoints} signed checkpoints.`)
  if (redacted > 0) console.log(`Personal data was erased from ${redacted} of them, by signed redactions.`)
  const advice = trustedKey ? '' : ': compare it with the one you know'
  console.log(`Exported ${header.exported_at}, signed with key ${ended.key_id}${advice}.`)
} catch (error) {
  console.error(`REFUSED: ${error instanceof Refusal ? '' : 'altered or not readable: '}${error.message}`)
  exit(1)
}
