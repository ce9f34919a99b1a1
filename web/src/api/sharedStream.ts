// One event stream for all tabs: browsers allow six connections to a server of HTTP/1.1, so with a stream of its own the
// seventh tab would wait for ever. A shared worker holds the stream and passes everything on; the tabs keep count of it
// in `Relay`, which needs no browser to be tested.
import type { Stream } from './live'

/** What the worker tells a tab: the stream's state, or an event with its data. */
export type Told = { state: 'open' | 'lost'; readyState: number } | { name: string; data: string }

export const NAMES = ['chat', 'rows', 'clock', 'state', 'typing', 'snapshot'] as const
const CLOSED = 2
const CONNECTING = 0

/** A tab's end, as the worker sees it. */
export type Tab = Pick<MessagePort, 'postMessage'>

/** The worker's side: opens the stream for the first tab and passes it on to each of them. */
export class Relay {
  private readonly tabs = new Set<Tab>()
  private stream: Stream | null = null
  private open = false

  constructor(private readonly connect: () => Stream) {}

  /** A tab has come, or wants the stream again after it was closed. */
  join(tab: Tab): void {
    this.tabs.add(tab)
    if (this.stream === null || this.stream.readyState === CLOSED) this.start()
    else if (this.open) tab.postMessage({ state: 'open', readyState: this.stream.readyState } satisfies Told)
  }

  /** A tab goes; without any the stream is closed. */
  leave(tab: Tab): void {
    this.tabs.delete(tab)
    if (this.tabs.size > 0) return
    this.stream?.close()
    this.stream = null
    this.open = false
  }

  private start(): void {
    const stream = this.connect()
    this.stream = stream
    stream.onopen = () => this.changed('open', stream.readyState)
    stream.onerror = () => this.changed('lost', stream.readyState)
    for (const name of NAMES) stream.addEventListener(name, ({ data }) => this.tell({ name, data }))
  }

  private changed(state: 'open' | 'lost', readyState: number): void {
    this.open = state === 'open'
    this.tell({ state, readyState })
  }

  private tell(message: Told): void {
    for (const tab of this.tabs) tab.postMessage(message)
  }
}

/** The tab's side: the worker's stream as if it were the tab's own. */
export class SharedStream implements Stream {
  readyState = CONNECTING
  onopen: ((event: Event) => void) | null = null
  onerror: ((event: Event) => void) | null = null
  private readonly listeners = new Map<string, (event: MessageEvent<string>) => void>()

  constructor(private readonly port: MessagePort) {
    port.onmessage = ({ data }: MessageEvent<Told>) => this.hear(data)
    port.postMessage('join')
    addEventListener('pagehide', this.leave)
    addEventListener('pageshow', this.comeBack)
  }

  addEventListener(name: string, listener: (event: MessageEvent<string>) => void): void {
    this.listeners.set(name, listener)
  }

  close(): void {
    removeEventListener('pagehide', this.leave)
    removeEventListener('pageshow', this.comeBack)
    this.leave()
    this.port.close()
  }

  private readonly leave = (): void => this.port.postMessage('leave')

  /** The browser had kept the page for its back button. */
  private readonly comeBack = ({ persisted }: PageTransitionEvent): void => {
    if (persisted) this.port.postMessage('join')
  }

  private hear(told: Told): void {
    if ('name' in told) {
      this.listeners.get(told.name)?.(new MessageEvent(told.name, { data: told.data }))
      return
    }
    this.readyState = told.readyState
    if (told.state === 'open') this.onopen?.(new Event('open'))
    else this.onerror?.(new Event('error'))
  }
}
