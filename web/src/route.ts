// A few pages need no router: the address after # says which one is shown, so that it can be linked and reloaded.
import { ref } from 'vue'

export type Page = 'phone' | 'desk' | 'developer' | 'coverage'

const ADDRESSES: Record<Page, string> = { phone: '#/', desk: '#/desk', developer: '#/developer', coverage: '#/coverage' }

function current(): Page {
  const named = (Object.keys(ADDRESSES) as Page[]).filter((name) => name !== 'phone')
  return named.find((name) => location.hash.startsWith(ADDRESSES[name])) ?? 'phone'
}

export const page = ref<Page>(current())

addEventListener('hashchange', () => (page.value = current()))

export function addressOf(target: Page): string {
  return ADDRESSES[target]
}
