// Two pages need no router: the address after # says which one is shown, so that it can be linked and reloaded.
import { ref } from 'vue'

export type Page = 'phone' | 'developer'

const ADDRESSES: Record<Page, string> = { phone: '#/', developer: '#/developer' }

function current(): Page {
  return location.hash.startsWith(ADDRESSES.developer) ? 'developer' : 'phone'
}

export const page = ref<Page>(current())

addEventListener('hashchange', () => (page.value = current()))

export function addressOf(target: Page): string {
  return ADDRESSES[target]
}
