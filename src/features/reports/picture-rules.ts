/** How large a picture is, by its head alone. */
type Size = { width: number; height: number }

/** PNG (ISO/IEC 15948, 11.2.2): the first chunk, IHDR, has both. */
export function sizeOfPng(bytes: Buffer): Size | null {
  if (bytes.length < 24 || bytes.toString('latin1', 12, 16) !== 'IHDR') return null
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) }
}

/** JPEG (ITU-T T.81, B.2.2): the segment that begins the frame, SOF0 to SOF15 without DHT, JPG and DAC. */
export function sizeOfJpeg(bytes: Buffer): Size | null {
  let at = 2
  while (at + 9 < bytes.length) {
    const marker = bytes[at + 1] ?? 0
    if (bytes[at] !== 0xff) return null
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      return { width: bytes.readUInt16BE(at + 7), height: bytes.readUInt16BE(at + 5) }
    }
    at += 2 + bytes.readUInt16BE(at + 2)
  }
  return null
}
