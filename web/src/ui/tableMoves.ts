// Where a key leads in a table, and by how many rows its view must move so that the reader's place stays.

/** The row that a key leads to; null for a key that moves nothing. */
export function stepped(key: string, at: number, count: number, page: number): number | null {
  if (!count) return null
  const steps: Record<string, number> = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1, PageDown: page, PageUp: -page }
  if (key === 'Home') return 0
  if (key === 'End') return count - 1
  const step = steps[key]
  if (step === undefined) return null
  if (at < 0) return step > 0 ? 0 : count - 1
  return Math.min(count - 1, Math.max(0, at + step))
}

/** How many rows further down the row at `first` stands now; 0 when it is gone. Looked for first where it most likely is. */
export function anchored<Row, Key>(rows: readonly Row[], countBefore: number, first: number, key: Key, rowKey: (row: Row) => Key): number {
  const likely = first + rows.length - countBefore
  for (const at of [first, likely]) {
    const row = rows[at]
    if (row !== undefined && rowKey(row) === key) return at - first
  }
  const found = rows.findIndex((row) => rowKey(row) === key)
  return found < 0 ? 0 : found - first
}
