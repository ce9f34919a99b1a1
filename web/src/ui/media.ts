// A media query as a value that components can read.
import { onScopeDispose, ref, type Ref } from 'vue'

/** Whether the query holds now. */
export function useMedia(query: string): Ref<boolean> {
  const list = matchMedia(query)
  const holds = ref(list.matches)
  const change = (): void => void (holds.value = list.matches)
  list.addEventListener('change', change)
  onScopeDispose(() => list.removeEventListener('change', change))
  return holds
}

export const NARROW = '(max-width: 1099px)'
