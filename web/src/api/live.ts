// The platform's event stream. EventSource reconnects by itself but forgets what happened meanwhile: `opened` is the
// moment to ask for it. A stream that the browser gave up on (a proxy's error page, a restarted platform) is reopened.
import type { ChatItem, ClockReading, RowsEvent, SnapshotPage, Typing } from './types'

export interface LiveHandlers {
  opened(): void
  lost(): void
  chat(item: ChatItem): void
  rows(rows: RowsEvent): void
  clock(clock: ClockReading): void
  /** Something changed; `exchanged` when the whole world was replaced by another one. */
  state(exchanged: boolean): void
  typing(typing: Typing): void
  snapshot(page: SnapshotPage): void
}

export interface Stream {
  readonly readyState: number
  onopen: ((event: Event) => void) | null
  onerror: ((event: Event) => void) | null
  addEventListener(name: string, listener: (event: MessageEvent<string>) => void): void
  close(): void
}

const CLOSED = 2
const REOPEN_AFTER_MS = 1000

/** Listen until the returned function is called. */
export function listen(
  open: () => Stream,
  handlers: LiveHandlers,
  later: (again: () => void, ms: number) => void = (again, ms) => void setTimeout(again, ms),
): () => void {
  let stream: Stream
  let stopped = false

  const connect = (): void => {
    if (stopped) return
    stream = open()
    stream.onopen = () => handlers.opened()
    stream.onerror = () => {
      handlers.lost()
      if (stream.readyState !== CLOSED) return
      stream.close()
      later(connect, REOPEN_AFTER_MS)
    }
    const on = <T>(name: string, handle: (data: T) => void): void =>
      stream.addEventListener(name, (event) => handle(JSON.parse(event.data) as T))
    on<ChatItem>('chat', handlers.chat)
    on<RowsEvent>('rows', handlers.rows)
    on<ClockReading>('clock', handlers.clock)
    on<Typing>('typing', handlers.typing)
    on<SnapshotPage>('snapshot', handlers.snapshot)
    on<{ exchanged?: boolean }>('state', (data) => handlers.state(data.exchanged === true))
  }

  connect()
  return () => {
    stopped = true
    stream.close()
  }
}
