// Rows that come a page at a time: the next page when the end of the list comes near, all anew when what is asked for
// changes or something happened on the platform.
import { ref, shallowRef, watch, type Ref } from 'vue'

import { useSession } from './session'

export interface Pages<Row> {
  /** Null until the first page is there. */
  rows: Ref<readonly Row[] | null>
  more: Ref<boolean>
  load: () => Promise<void>
}

export function usePages<Row>(asked: () => readonly unknown[], fetch: (cursor: number | null) => Promise<{ rows: Row[]; next: number | null }>): Pages<Row> {
  const session = useSession()
  const rows = shallowRef<readonly Row[] | null>(null)
  const next = ref<number | null>(null)
  const more = ref(false)
  let round = 0

  async function take(cursor: number | null): Promise<void> {
    const mine = ++round
    const page = await session.attempt(() => fetch(cursor))
    if (!page || mine !== round) return
    rows.value = cursor === null ? page.rows : [...(rows.value ?? []), ...page.rows]
    next.value = page.next
    more.value = page.next !== null
  }

  async function load(): Promise<void> {
    if (next.value === null || !more.value) return
    more.value = false
    await take(next.value)
  }

  watch([asked, session.world], () => void take(null), { immediate: true })
  return { rows, more, load }
}
