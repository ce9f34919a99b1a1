// What WeChat makes of a text: <a> links, bare addresses, tappable menu links (weixin://bizmsgmenu?…) and the codes of
// its own emoticons. Everything else stays text, so nothing an account sends can become markup of our page.
import { EMOTICONS } from './emoticons'

export type Segment =
  | { kind: 'text'; text: string }
  | { kind: 'link'; text: string; url: string }
  | { kind: 'menu'; text: string; content: string; id: string }
  | { kind: 'miniprogram'; text: string; appid: string; path: string }

const ANCHOR = /<a\s+([^<>]*)>([\s\S]*?)<\/a>/gi
const ATTRIBUTE = /([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/g
const ADDRESS = /https?:\/\/[^\s<>"'，。；！？、（）《》“”]+[^\s<>"'，。；！？、（）《》“”.,;:!?)]/gi
const EMOTICON = new RegExp(
  Object.keys(EMOTICONS)
    .sort((one, other) => other.length - one.length)
    .map((code) => code.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&'))
    .join('|'),
  'g',
)
const MENU_SCHEME = 'weixin://bizmsgmenu'

export function segments(content: string): Segment[] {
  const found: Segment[] = []
  let done = 0
  for (const anchor of content.matchAll(ANCHOR)) {
    found.push(...plain(content.slice(done, anchor.index)), fromAnchor(anchor[1]!, anchor[2]!))
    done = anchor.index + anchor[0].length
  }
  return [...found, ...plain(content.slice(done))]
}

/** The text with WeChat's emoticon codes ([微笑], /::)) as characters. */
export function withEmoticons(text: string): string {
  return text.replace(EMOTICON, (code) => EMOTICONS[code] ?? code)
}

/** Only addresses that a web page may have: never javascript:, data: or file:. */
export function webAddress(url: string): string | null {
  return /^https?:\/\//i.test(url.trim()) ? url.trim() : null
}

function plain(text: string): Segment[] {
  const found: Segment[] = []
  let done = 0
  for (const address of text.matchAll(ADDRESS)) {
    if (address.index > done) found.push(words(text.slice(done, address.index)))
    found.push({ kind: 'link', text: address[0], url: address[0] })
    done = address.index + address[0].length
  }
  if (done < text.length) found.push(words(text.slice(done)))
  return found
}

function words(text: string): Segment {
  return { kind: 'text', text: withEmoticons(text) }
}

function fromAnchor(attributes: string, label: string): Segment {
  const named: Record<string, string> = {}
  for (const [, name, ...values] of attributes.matchAll(ATTRIBUTE)) {
    named[name!.toLowerCase()] = unescape(values.find((value) => value !== undefined) ?? '')
  }
  const text = withEmoticons(label.replace(/<[^>]*>/g, ''))
  const appid = named['data-miniprogram-appid']
  if (appid) return { kind: 'miniprogram', text, appid, path: named['data-miniprogram-path'] ?? '' }
  const href = named['href'] ?? ''
  if (href.startsWith(MENU_SCHEME)) return menuLink(href, text)
  const url = webAddress(href)
  return url ? { kind: 'link', text, url } : { kind: 'text', text }
}

function menuLink(href: string, text: string): Segment {
  const query = new URLSearchParams(href.slice(href.indexOf('?') + 1))
  return { kind: 'menu', text, content: query.get('msgmenucontent') ?? text, id: query.get('msgmenuid') ?? '' }
}

function unescape(value: string): string {
  return value.replace(/&amp;/g, '&').replace(/&quot;/g, '"').replace(/&#39;/g, "'")
}
