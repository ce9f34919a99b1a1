// What went over the wire, newest last. Capped, so that a load test does not freeze the page; a paused list keeps
// collecting behind the scenes and shows it when resumed.
import { computed, reactive, ref, shallowReactive, shallowRef } from 'vue'

import type { Body, Traffic, TrafficKind } from '../api/types'

export const TRAFFIC_CAP = 500
const GATHER_MS = 40

export interface TrafficFilter {
  kinds: TrafficKind[]
  appid: string
  text: string
  failuresOnly: boolean
}

export class TrafficLog {
  readonly filter = reactive<TrafficFilter>({ kinds: [], appid: '', text: '', failuresOnly: false })
  readonly paused = ref(false)
  /** Whether the entries before this page was opened have been fetched: until then there is no count to show. */
  readonly loaded = ref(false)
  readonly selected = shallowRef<number | null>(null)
  private readonly entries = shallowReactive<Traffic[]>([])
  private readonly frozen = shallowRef<readonly Traffic[] | null>(null)
  private cleared = 0
  private newest = 0
  private gathered: Traffic[] = []

  readonly rows = computed(() => (this.frozen.value ?? this.entries).filter((entry) => matches(entry, this.filter)))
  readonly waiting = computed(() => (this.frozen.value ? this.entries.filter(this.notYetShown).length : 0))
  readonly selectedEntry = computed(() => this.entries.find((entry) => entry.seq === this.selected.value) ?? null)

  /** The cursor for catching up. */
  lastSeq(): number {
    return this.newest
  }

  all(): readonly Traffic[] {
    return this.entries
  }

  /** One live entry. A burst is shown in a few steps, not in as many as it has entries. */
  take(entry: Traffic): void {
    if (this.gathered.push(entry) > 1) return
    setTimeout(() => this.merge(this.gathered.splice(0)), GATHER_MS)
  }

  merge(entries: readonly Traffic[]): void {
    for (const entry of entries) this.insert(entry)
    if (this.entries.length > TRAFFIC_CAP) this.entries.splice(0, this.entries.length - TRAFFIC_CAP)
  }

  pause(on: boolean): void {
    this.paused.value = on
    this.frozen.value = on ? [...this.entries] : null
  }

  /** Empty the list; entries up to now stay away even if they are fetched again. */
  clear(): void {
    this.cleared = this.newest
    this.entries.splice(0)
    this.selected.value = null
    if (this.frozen.value) this.frozen.value = []
  }

  /** After a reset the platform may count from the start again. */
  restart(): void {
    this.clear()
    this.cleared = this.newest = 0
  }

  private insert(entry: Traffic): void {
    if (entry.seq <= this.cleared) return
    this.newest = Math.max(this.newest, entry.seq)
    let place = this.entries.length
    while (place > 0 && this.entries[place - 1]!.seq > entry.seq) place--
    if (place > 0 && this.entries[place - 1]!.seq === entry.seq) this.entries[place - 1] = entry
    else this.entries.splice(place, 0, entry)
  }

  private notYetShown = (entry: Traffic): boolean => entry.seq > (this.frozen.value?.at(-1)?.seq ?? 0)
}

export function matches(entry: Traffic, filter: TrafficFilter): boolean {
  if (filter.kinds.length && !filter.kinds.includes(entry.kind)) return false
  if (filter.appid && entry.appid !== filter.appid) return false
  if (filter.failuresOnly && entry.verdict.ok) return false
  const wanted = filter.text.trim().toLowerCase()
  return !wanted || searchable(entry).includes(wanted)
}

function searchable(entry: Traffic): string {
  const texts = [
    entry.title,
    entry.request.url,
    asText(entry.request.body),
    entry.decrypted,
    asText(entry.response?.body),
    entry.response_decrypted,
    entry.verdict.zh,
    entry.verdict.en,
    entry.openid,
    entry.person,
    entry.rid,
    entry.errcode?.toString(),
  ]
  return texts.filter(Boolean).join('\n').toLowerCase()
}

function asText(body: Body | undefined): string {
  return typeof body === 'string' ? body : ''
}
