import { computed, type ComputedRef, type WritableComputedRef } from 'vue'

import { address } from './address'

/** Which row of a list the address names: its key (null when none), and the row once the rows are there. */
export function useEntry<Row>(rows: () => readonly Row[] | null, keyOf: (row: Row) => string): { selected: WritableComputedRef<string | number | null>; chosen: ComputedRef<Row | null> } {
  const entry = address.param('entry')
  const selected = computed<string | number | null>({ get: () => entry.value || null, set: (key) => (entry.value = String(key ?? '')) })
  const chosen = computed(() => rows()?.find((row) => keyOf(row) === entry.value) ?? null)
  return { selected, chosen }
}
