// Open tags (开放标签) as custom elements: they show their template, and what they open is asked of the phone.
import { OPEN_TAGS, type OpenTagName } from './apis'
import type { ConfigResult, Sdk } from './sdk'
import { outcome, type Params } from './protocol'

const TEMPLATE = 'script[type="text/wxtag-template"], template'
const AUDIO_EVENTS = ['play', 'pause', 'ended', 'timeupdate', 'canplay', 'waiting', 'error']
const ERROR_EVENT = 'WeixinOpenTagsError'
const SUBSCRIBE = 'wx-open-subscribe'

/** Make the four elements known to the page, and let them work once `wx.config` grants them. */
export function defineOpenTags(page: Window & typeof globalThis, sdk: Sdk): void {
  class OpenTag extends page.HTMLElement {
    private shown = false

    connectedCallback(): void {
      // What stands inside is not parsed yet when the parser meets the start tag.
      page.setTimeout(() => this.show())
    }

    show(): void {
      const name = this.localName as OpenTagName
      if (this.shown || !this.isConnected || !sdk.configured?.openTags?.includes(name)) return
      this.shown = true
      const root = this.attachShadow({ mode: 'open' })
      if (name === 'wx-open-audio') this.play(root)
      else {
        root.innerHTML = this.querySelector(TEMPLATE)?.innerHTML ?? ''
        this.addEventListener('click', () => void this.open(name))
      }
      this.tell('ready', {})
    }

    private async open(name: OpenTagName): Promise<void> {
      const attributes = Object.fromEntries([...this.attributes].map(({ name: key, value }) => [key, value]))
      const result = await sdk.ask('openTag', { tag: name, attributes })
      const good = name === SUBSCRIBE ? 'success' : 'launch'
      this.tell(outcome(result) === 'success' ? good : 'error', result)
    }

    private play(root: ShadowRoot): void {
      const audio = page.document.createElement('audio')
      audio.controls = true
      audio.title = this.getAttribute('title') ?? ''
      audio.src = this.getAttribute('src') ?? ''
      for (const event of AUDIO_EVENTS) {
        audio.addEventListener(event, () => this.tell(event, { currentTime: audio.currentTime }))
      }
      root.append(audio)
    }

    private tell(event: string, detail: object): void {
      this.dispatchEvent(new page.CustomEvent(event, { detail }))
    }
  }

  for (const name of OPEN_TAGS) {
    if (!page.customElements.get(name)) page.customElements.define(name, class extends OpenTag {})
  }
  sdk.settled = (result, asked) => {
    for (const element of page.document.querySelectorAll(OPEN_TAGS.join())) (element as OpenTag).show()
    complain(page, result, asked)
  }
}

/** Tags that were asked for or stand in the page, and will not work. */
function complain(page: Window & typeof globalThis, result: ConfigResult, asked: Params): void {
  const wanted = Array.isArray(asked['openTagList']) ? asked['openTagList'].map(String) : []
  const present = [...page.document.querySelectorAll(OPEN_TAGS.join())].map((element) => element.localName)
  const refused = [...new Set([...wanted, ...present])].filter((name) => !result.openTags?.includes(name))
  if (!refused.length) return
  const errMsg =
    outcome(result) === 'success' ? `openTags:fail, not in openTagList or not permitted: ${refused.join()}` : result.errMsg
  page.document.dispatchEvent(new page.CustomEvent(ERROR_EVENT, { detail: { errMsg } }))
}
