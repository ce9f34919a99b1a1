// The phone shows the page's title above it, and cannot read it itself when the page is of another host.
import type { Bridge } from './bridge'

export function followTitle(page: Window & typeof globalThis, bridge: Bridge): void {
  let told = ''
  const tell = (): void => {
    const { title } = page.document
    const now = `${title}\n${page.location.href}`
    if (now === told) return
    told = now
    bridge.tell({ gongzhong: 'title', title, url: page.location.href })
  }
  new page.MutationObserver(tell).observe(page.document.head ?? page.document.documentElement, {
    subtree: true,
    childList: true,
    characterData: true,
  })
  page.addEventListener('load', tell)
  tell()
}
