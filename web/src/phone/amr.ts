// WeChat's voice messages are AMR-NB, which no browser plays or records. Its frames are simple enough to count (for the
// length beside the bubble) and to write (a silent voice message of a chosen length, without a microphone).

const HEADER = '#!AMR\n'
const FRAME_MS = 20
const FRAMES_PER_S = 1000 / FRAME_MS
const NO_DATA_FRAME = 0x7c
/** Bytes of a frame after its first, by frame type (RFC 4867, AMR-NB); types without a length are not audio. */
const FRAME_BYTES = [12, 13, 15, 17, 19, 20, 26, 31, 5, , , , , , , 0]

export function isAmr(bytes: Uint8Array): boolean {
  return [...HEADER].every((letter, at) => bytes[at] === letter.charCodeAt(0))
}

/** The length in seconds, or null when the bytes are not AMR. */
export function amrSeconds(bytes: Uint8Array): number | null {
  if (!isAmr(bytes)) return null
  let frames = 0
  for (let at = HEADER.length; at < bytes.length; frames++) {
    const size = FRAME_BYTES[(bytes[at]! >> 3) & 15]
    if (size === undefined) return null
    at += 1 + size
  }
  return (frames * FRAME_MS) / 1000
}

export function silentAmr(seconds: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(HEADER.length + Math.round(seconds * FRAMES_PER_S)).fill(NO_DATA_FRAME)
  bytes.set([...HEADER].map((letter) => letter.charCodeAt(0)))
  return bytes
}
