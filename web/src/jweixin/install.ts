// Puts `wx` and `jWeixin` where pages look for them: on the window, or into a module loader of the AMD kind.
import { atLeast, OPEN_TAGS_SINCE } from './apis'
import { defineOpenTags } from './openTags'
import { Sdk } from './sdk'
import { followTitle } from './title'

type Define = ((factory: () => unknown) => void) & { amd?: unknown; cmd?: unknown }
export type Page = Window & typeof globalThis & { define?: Define; wx?: unknown; jWeixin?: unknown }

const NEWEST = '1.6.0'
const VERSION = /jweixin-(\d+\.\d+\.\d+)/

export function install(page: Page, address: string): void {
  const version = VERSION.exec(address)?.[1] ?? NEWEST
  const sdk = new Sdk(page)
  const wx = sdk.face(version)
  if (atLeast(version, OPEN_TAGS_SINCE) && 'customElements' in page) defineOpenTags(page, sdk)
  followTitle(page, sdk.bridge)
  if (typeof page.define === 'function' && (page.define.amd || page.define.cmd)) page.define(() => wx)
  else page.wx = page.jWeixin = wx
}
