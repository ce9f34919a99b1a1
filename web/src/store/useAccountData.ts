// Data of one account that the state does not carry: fetched when it is shown, and again whenever something happened.
import { ref, shallowRef, watch, type Ref } from 'vue'

import type { ControlApi } from '../api/client'
import { useSession } from './session'

export function useAccountData<T>(
  appid: () => string,
  fetch: (api: ControlApi, appid: string) => Promise<T>,
): { data: Ref<T | null>; reload: () => Promise<void>; loading: Ref<boolean> } {
  const session = useSession()
  const data = shallowRef<T | null>(null)
  const loading = ref(false)

  async function reload(): Promise<void> {
    loading.value = true
    data.value = (await session.attempt(() => fetch(session.api, appid()))) ?? data.value
    loading.value = false
  }

  watch([appid, session.world], reload, { immediate: true })
  return { data, reload, loading }
}
