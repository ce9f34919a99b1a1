// Something that is fetched once, and again when asked: null until it is there.
import { onMounted, ref, shallowRef, watch, type Ref, type ShallowRef } from 'vue'

import type { ControlApi } from '../api/client'
import { useSession } from '../store/session'

export interface Fetched<T> {
  data: Readonly<ShallowRef<T | null>>
  failed: Readonly<Ref<boolean>>
  again: () => Promise<void>
}

export function useFetched<T>(read: (api: ControlApi) => Promise<T>): Fetched<T> {
  const session = useSession()
  const data = shallowRef<T | null>(null)
  const failed = ref(false)
  async function again(): Promise<void> {
    failed.value = false
    data.value = await session.attempt(() => read(session.api))
    failed.value = data.value === null
  }
  onMounted(again)
  return { data, failed, again }
}

/** The same for one thing after another; what was fetched for another is not shown. */
export function useFetchedFor<K, T>(wanted: () => K, read: (api: ControlApi, key: K) => Promise<T>): Readonly<ShallowRef<T | null>> {
  const session = useSession()
  const data = shallowRef<T | null>(null)
  watch(
    wanted,
    async (key) => {
      data.value = null
      const found = await session.attempt(() => read(session.api, key))
      if (wanted() === key) data.value = found
    },
    { immediate: true },
  )
  return data
}
