// How long something took, as a width. Times differ by a thousand, so the scale is logarithmic: 1 ms is still seen,
// and twice as long is always the same step.
import type { Kind } from './kinds'

export interface Part {
  ms: number
  kind: Kind
}

export interface Moment {
  label: string
  /** Seconds on any clock that all rows share. */
  start: number
  /** Seconds; null while it goes on. */
  length: number | null
  kind: Kind
  words: string
}

/** Shares of the whole width (0 to 1) of parts that follow each other; `of` milliseconds fill it. */
export function widths(parts: readonly Part[], of: number): number[] {
  const total = parts.reduce((sum, part) => sum + part.ms, 0)
  if (total <= 0) return parts.map(() => 0)
  const whole = Math.min(1, Math.log1p(total) / Math.log1p(Math.max(of, 1)))
  return parts.map((part) => (whole * part.ms) / total)
}

/** Left edge and width of each row (0 to 1) on the scale that holds all of them; what goes on reaches the end. */
export function placed(rows: readonly Moment[], now?: number): { left: number; width: number }[] {
  const from = Math.min(...rows.map((row) => row.start))
  const ends = rows.map((row) => row.start + (row.length ?? 0))
  const until = Math.max(...ends, now ?? -Infinity)
  const span = until - from || 1
  return rows.map((row) => ({
    left: (row.start - from) / span,
    width: ((row.length === null ? until : row.start + row.length) - row.start) / span,
  }))
}
