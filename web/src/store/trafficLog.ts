// The rows of the log that this page holds: the newest ones as they come in, older ones as somebody scrolls to them. The
// platform does the searching, for it holds what the page does not; what is new while a filter is set, it is asked about.
import { computed, ref, shallowRef } from 'vue'

import type { Question } from '../api/client'
import type { Found, Row, RowsEvent } from '../api/types'

/** A row where it stands in the table: under the one that it follows from, where that is held. */
export interface Placed {
  readonly row: Row
  readonly depth: number
}

export const PAGE = 200
/** Rows beyond this are let go, oldest first; they come back when somebody scrolls to them. */
export const HELD = 10_000
const DEEPEST = 3
/** A flood of events is shown in steps of this many milliseconds; the first event of it at once. */
const STEP_MS = 100
const ASK_MS = 60

export class TrafficLog {
  readonly paused = ref(false)
  /** Whether the rows before this page was opened have been fetched: until then there is nothing to say. */
  readonly loaded = ref(false)
  readonly failed = ref(false)
  /** Whether there may be older rows than those held, and how many at most. */
  readonly more = ref(false)
  readonly older = ref(0)
  readonly q = ref('')
  readonly appid = ref('')
  private readonly held = new Map<number, Row>()
  /** Held numbers, ascending. */
  private numbers: number[] = []
  private readonly version = ref(0)
  private readonly frozen = shallowRef<readonly Placed[] | null>(null)
  private readonly places = new WeakMap<Row, Placed>()
  private log = ''
  private cursor = 0
  private cleared = 0
  private asked = 0
  private fresh: Row[] = []
  private shownAt = -Infinity
  private timer = 0
  private asking = 0
  private busy = false

  readonly live = computed<readonly Placed[]>(() => (void this.version.value, this.placed()))
  readonly rows = computed<readonly Placed[]>(() => this.frozen.value ?? this.live.value)
  readonly waiting = computed(() => (this.frozen.value ? Math.max(0, this.live.value.length - this.frozen.value.length) : 0))

  constructor(private readonly ask: (question: Question) => Promise<Found>) {}

  find(number: number): Row | undefined {
    void this.version.value // the map itself is not watched
    return this.held.get(number)
  }

  /** Rows that the platform tells of. */
  take({ log, rows }: RowsEvent): void {
    if (this.log && log !== this.log) {
      void this.restart()
      return
    }
    for (const row of rows) if (!this.appid.value || !row.appid || row.appid === this.appid.value) this.fresh.push(row)
    if (this.q.value) this.askAbout()
    else this.showSoon()
  }

  /** Begin anew with what matches now. */
  async search(q: string, appid: string): Promise<void> {
    if (this.loaded.value && q === this.q.value && appid === this.appid.value) return
    this.q.value = q
    this.appid.value = appid
    await this.load()
  }

  /** Fetch the newest rows, in place of all that are held. */
  async load(): Promise<void> {
    const turn = ++this.asked
    const found = await this.question({ after: this.cleared, limit: PAGE })
    if (turn !== this.asked || !found) return
    this.log = found.log
    this.held.clear()
    this.numbers = []
    this.thaw()
    this.merge(found.rows)
    this.merge(this.fresh.splice(0).filter((row) => !this.q.value || this.held.has(row.number)))
    this.goOn(found)
    this.loaded.value = true
  }

  /** Fetch the rows before the oldest that is held. */
  async loadMore(): Promise<void> {
    if (this.busy || !this.more.value) return
    this.busy = true
    const turn = this.asked
    const found = await this.question({ before: this.cursor, after: this.cleared, limit: PAGE })
    this.busy = false
    if (turn !== this.asked || !found) return
    this.merge(found.rows)
    this.goOn(found)
    // A page of a search may be empty although there is more: the platform had looked long enough.
    if (!found.rows.length && found.more) await this.loadMore()
  }

  /** After the stream was down: what came in meanwhile, and what became of the rows that were under way. */
  async catchUp(): Promise<void> {
    if (!this.loaded.value) return this.load()
    const open = this.numbers.find((number) => this.held.get(number)!.state === 'wait')
    const newest = this.numbers.at(-1) ?? 0
    const turn = this.asked
    const found = await this.question({ after: Math.max(this.cleared, Math.min(newest, (open ?? newest + 1) - 1)), limit: PAGE })
    if (turn !== this.asked || !found) return
    if (found.log !== this.log || found.more || found.last < newest) {
      this.cleared = found.log === this.log ? this.cleared : 0
      return this.load()
    }
    this.merge(found.rows)
  }

  pause(on: boolean): void {
    this.paused.value = on
    if (on) this.frozen.value = this.live.value
    else this.thaw()
  }

  /** Empty the list; rows up to now stay away even if they are fetched again. */
  clear(): void {
    this.cleared = Math.max(this.cleared, this.numbers.at(-1) ?? 0)
    this.held.clear()
    this.numbers = []
    this.more.value = false
    this.older.value = 0
    this.thaw()
    this.version.value++
  }

  /** Another log: nothing that is held belongs to it. */
  async restart(): Promise<void> {
    this.fresh = []
    this.clear()
    this.cleared = 0
    await this.load()
  }

  private async question(part: Partial<Question>): Promise<Found | null> {
    try {
      const found = await this.ask({ q: this.q.value, appid: this.appid.value, ...part })
      this.failed.value = false
      return found
    } catch {
      this.failed.value = !this.loaded.value
      return null
    }
  }

  private goOn({ more, before, older }: Found): void {
    this.more.value = more
    this.cursor = before
    this.older.value = older
  }

  private thaw(): void {
    if (this.frozen.value) this.frozen.value = this.paused.value ? this.live.value : null
  }

  private showSoon(): void {
    if (this.timer) return
    const wait = Math.max(0, this.shownAt + STEP_MS - performance.now())
    this.timer = window.setTimeout(() => {
      this.timer = 0
      this.shownAt = performance.now()
      this.merge(this.fresh.splice(0))
      this.letGo()
    }, wait)
  }

  /** With a filter set the platform says which of the new and changed rows match. */
  private askAbout(): void {
    if (this.asking) return
    this.asking = window.setTimeout(() => {
      this.asking = 0
      void this.sift(this.fresh.splice(0).map((row) => row.number))
    }, ASK_MS)
  }

  private async sift(numbers: readonly number[]): Promise<void> {
    const turn = this.asked
    const found = await this.question({ among: [...new Set(numbers)].slice(-1000) })
    if (turn !== this.asked || !found) return
    const matching = new Set(found.rows.map((row) => row.number))
    for (const number of numbers) if (!matching.has(number)) this.drop(number)
    this.merge(found.rows)
  }

  private drop(number: number): void {
    if (!this.held.delete(number)) return
    this.numbers.splice(this.numbers.lastIndexOf(number), 1)
    this.version.value++
  }

  private merge(rows: readonly Row[]): void {
    for (const row of rows) this.insert(row)
    this.version.value++
  }

  private insert(row: Row): void {
    if (row.number <= this.cleared) return
    const known = this.held.get(row.number)
    if (known) {
      if (!isOlder(row, known)) this.held.set(row.number, row)
      return
    }
    this.held.set(row.number, row)
    let place = this.numbers.length
    while (place > 0 && this.numbers[place - 1]! > row.number) place--
    this.numbers.splice(place, 0, row.number)
  }

  /** Rows that are too many go, oldest first, unless somebody reads the list as it was. */
  private letGo(): void {
    const many = this.numbers.length - HELD
    if (many <= 0 || this.frozen.value) return
    for (const number of this.numbers.splice(0, many)) this.held.delete(number)
    this.more.value = true
    this.older.value += many
    this.cursor = this.numbers[0]!
    this.version.value++
  }

  /** Newest first; what follows from a row stands below it, oldest first. */
  private placed(): readonly Placed[] {
    const below = new Map<number, Row[]>()
    for (const number of this.numbers) {
      const row = this.held.get(number)!
      const cause = row.cause?.number
      if (cause !== undefined && this.held.has(cause)) {
        const children = below.get(cause)
        if (children) children.push(row)
        else below.set(cause, [row])
      }
    }
    const all: Placed[] = []
    const add = (row: Row, depth: number): void => {
      all.push(this.at(row, depth))
      for (const child of below.get(row.number) ?? []) add(child, Math.min(depth + 1, DEEPEST))
    }
    for (let at = this.numbers.length - 1; at >= 0; at--) {
      const row = this.held.get(this.numbers[at]!)!
      if (!row.cause || !this.held.has(row.cause.number)) add(row, 0)
    }
    return all
  }

  /** The same object for the same row in the same place, so that the table need not look again. */
  private at(row: Row, depth: number): Placed {
    const known = this.places.get(row)
    if (known?.depth === depth) return known
    const made = { row, depth }
    this.places.set(row, made)
    return made
  }
}

/** Whether `row` is an earlier state of what is known already: answers and events may overtake each other. */
function isOlder(row: Row, known: Row): boolean {
  if (row.state === 'wait' && known.state !== 'wait') return true
  return row.state === known.state && row.attempts < known.attempts
}
