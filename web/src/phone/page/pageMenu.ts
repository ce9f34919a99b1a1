// The menu above a web page: what the page hides of it, and what it wants to be shared as.
import { computed, reactive, ref } from 'vue'

import type { ShareCard, ShareTarget } from '../../api/pages'
import type { Params } from '../../jweixin/protocol'

/** Items that a page may hide, by the names of the official list (spread and protect). */
const HIDEABLE = [
  'menuItem:share:appMessage',
  'menuItem:share:timeline',
  'menuItem:share:qq',
  'menuItem:share:weiboApp',
  'menuItem:share:facebook',
  'menuItem:share:QZone',
  'menuItem:favorite',
  'menuItem:editTag',
  'menuItem:delete',
  'menuItem:copyUrl',
  'menuItem:originPage',
  'menuItem:readMode',
  'menuItem:openWithQQBrowser',
  'menuItem:openWithSafari',
  'menuItem:share:email',
  'menuItem:share:brand',
]

const ITEMS: Record<ShareTarget, string> = {
  friend: 'menuItem:share:appMessage',
  timeline: 'menuItem:share:timeline',
  qq: 'menuItem:share:qq',
  weibo: 'menuItem:share:weiboApp',
  qzone: 'menuItem:share:QZone',
}

/** JS API that registers for a target → the event its callbacks wait for has the same name. */
export const LISTENERS: Record<ShareTarget, string> = {
  friend: 'onMenuShareAppMessage',
  timeline: 'onMenuShareTimeline',
  qq: 'onMenuShareQQ',
  weibo: 'onMenuShareWeibo',
  qzone: 'onMenuShareQZone',
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

export class PageMenu {
  readonly shown = ref(true)
  readonly title = ref('')
  readonly page = ref('')
  private readonly hidden = reactive(new Set<string>())
  private readonly cards = reactive(new Map<ShareTarget, Omit<ShareCard, 'page'>>())

  readonly targets = computed(() =>
    (Object.keys(ITEMS) as ShareTarget[]).filter(
      (target) => !this.hidden.has(ITEMS[target]) && (target === 'friend' || target === 'timeline' || this.cards.has(target)),
    ),
  )
  readonly copies = computed(() => !this.hidden.has('menuItem:copyUrl'))
  readonly opensOutside = computed(() => !this.hidden.has('menuItem:openWithSafari'))

  /** Basic items stay whatever a page says. */
  hide(names: unknown = HIDEABLE): void {
    for (const name of listed(names)) if (HIDEABLE.includes(name)) this.hidden.add(name)
  }

  show(names: unknown = HIDEABLE): void {
    for (const name of listed(names)) this.hidden.delete(name)
  }

  present(target: ShareTarget, said: Params): void {
    const { title, desc, link, imgUrl } = said
    this.cards.set(target, { title: text(title), description: text(desc), link: text(link), picture: text(imgUrl) })
  }

  card(target: ShareTarget): ShareCard {
    const page = this.page.value
    const own = { title: this.title.value, description: '', link: page, picture: '' }
    const said = this.cards.get(target) ?? own
    return { page, ...said, title: said.title || own.title || page, link: said.link || page }
  }

  reset(): void {
    this.shown.value = true
    this.title.value = this.page.value = ''
    this.hidden.clear()
    this.cards.clear()
  }
}

function listed(names: unknown): string[] {
  return Array.isArray(names) ? names.map(String) : []
}
