// Chat lines arrive twice (as the answer of an act and as an event) and in any order; seq decides both.
import { reactive } from 'vue'

import type { ChatItem, Menu, Row, Typing } from '../api/types'

const NO_ITEMS: readonly ChatItem[] = []

export class Chats {
  private readonly logs = reactive(new Map<string, ChatItem[]>())
  private readonly menus = reactive(new Map<string, Menu>())
  private readonly typers = reactive(new Set<string>())
  private readonly read = reactive(new Map<string, number>())
  /** Up to which line each chat was fetched whole; what events brought beyond it may have gaps. */
  private readonly whole = new Map<string, ChatItem>()
  /** Line → number of the row of the log that it belongs to. */
  private readonly links = reactive(new Map<number, number>())

  items(person: string, appid: string): readonly ChatItem[] {
    return this.logs.get(key(person, appid)) ?? NO_ITEMS
  }

  menu(person: string, appid: string): Menu | null {
    return this.menus.get(key(person, appid)) ?? null
  }

  typing(person: string, appid: string): boolean {
    return this.typers.has(key(person, appid))
  }

  lastSeq(person: string, appid: string): number {
    return this.items(person, appid).at(-1)?.seq ?? 0
  }

  /** The line up to which a chat is here without gaps; null when it was never fetched. */
  wholeTo(person: string, appid: string): ChatItem | null {
    return this.whole.get(key(person, appid)) ?? null
  }

  /** Take a chat as it was fetched: from the line up to which it was whole, or from its beginning. */
  fetched(person: string, appid: string, items: readonly ChatItem[]): void {
    this.merge(items)
    const last = items.at(-1)
    if (last) this.whole.set(key(person, appid), last)
  }

  unread(person: string, appid: string): number {
    const seen = this.read.get(key(person, appid)) ?? 0
    return this.items(person, appid).filter((item) => item.seq > seen && item.side === 'account').length
  }

  markRead(person: string, appid: string): void {
    this.read.set(key(person, appid), this.lastSeq(person, appid))
  }

  merge(items: readonly ChatItem[]): void {
    for (const item of items) {
      this.insert(item)
      if (item.row) this.links.set(item.seq, item.row)
    }
  }

  /** Note which rows of the log lines belong to. */
  link(rows: readonly Row[]): void {
    for (const row of rows) for (const line of row.lines) this.links.set(line, row.number)
  }

  rowOf(line: number): number | null {
    return this.links.get(line) ?? null
  }

  setMenu(person: string, appid: string, menu: Menu | null): void {
    this.menus.set(key(person, appid), menu ?? { button: [] })
  }

  setTyping({ person, appid, on }: Typing): void {
    if (on) this.typers.add(key(person, appid))
    else this.typers.delete(key(person, appid))
  }

  clear(): void {
    for (const part of [this.logs, this.menus, this.typers, this.read, this.whole, this.links]) part.clear()
  }

  private insert(item: ChatItem): void {
    const at = key(item.person, item.appid)
    if (!this.logs.has(at)) this.logs.set(at, [])
    const log = this.logs.get(at)!
    let place = log.length
    while (place > 0 && log[place - 1]!.seq > item.seq) place--
    if (place > 0 && log[place - 1]!.seq === item.seq) log[place - 1] = item
    else log.splice(place, 0, item)
  }
}

function key(person: string, appid: string): string {
  return `${person}\n${appid}`
}
