// JSON without losses: whole numbers beyond 2**53, such as a MsgId, are BigInt here and stay as they were written.

const MARK = '\u0000'
const PART = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g
const MARKED = /"\\u0000(-?\d+)"/g

/** Raises SyntaxError for what is not JSON. */
export function readJson(text: string): unknown {
  const marked = text.replace(PART, (part) => (isLarge(part) ? JSON.stringify(MARK + part) : part))
  return JSON.parse(marked, (_, value: unknown) => (typeof value === 'string' && value.startsWith(MARK) ? BigInt(value.slice(1)) : value))
}

export function writeJson(value: unknown, indent = 2): string {
  const text = JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? MARK + one : one), indent)
  return text === undefined ? '' : text.replace(MARKED, '$1')
}

function isLarge(part: string): boolean {
  return /^-?\d{16,}$/.test(part) && !Number.isSafeInteger(Number(part))
}

/** Line and column (from 1) of what is wrong in a text that is not JSON; null when the engine does not say. */
export function mistakeAt(text: string): { line: number; column: number } | null {
  try {
    JSON.parse(text)
    return null
  } catch (problem) {
    const found = /position (\d+)/.exec(String(problem))
    const at = found ? Number(found[1]) : text.length
    const before = text.slice(0, at).split('\n')
    return { line: before.length, column: before.at(-1)!.length + 1 }
  }
}

const LONG = 4096

/** A value whose long texts (files in base64) are replaced by a few words, and those texts by their replacement. */
export function folded(value: unknown, say: (size: number) => string): { value: unknown; kept: Map<string, string> } {
  const kept = new Map<string, string>()
  const fold = (one: unknown): unknown => {
    if (typeof one === 'string' && one.length > LONG) {
      const words = `${say(Math.floor((one.length * 3) / 4))} #${kept.size + 1}`
      kept.set(words, one)
      return words
    }
    if (Array.isArray(one)) return one.map(fold)
    return isRecord(one) ? Object.fromEntries(Object.entries(one).map(([name, inner]) => [name, fold(inner)])) : one
  }
  return { value: fold(value), kept }
}

/** The opposite of `folded`. */
export function unfolded(value: unknown, kept: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string') return kept.get(value) ?? value
  if (Array.isArray(value)) return value.map((one) => unfolded(one, kept))
  return isRecord(value) ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name, unfolded(one, kept)])) : value
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
