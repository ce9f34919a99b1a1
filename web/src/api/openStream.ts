// The event stream of this tab: the shared one, or its own where the browser has no shared workers.
import { EVENTS_URL } from './eventsUrl'
import type { Stream } from './live'
import { SharedStream } from './sharedStream'

export function openStream(): Stream {
  if (!('SharedWorker' in globalThis)) return new EventSource(EVENTS_URL)
  const worker = new SharedWorker(new URL('./sharedStream.worker.ts', import.meta.url), { type: 'module', name: 'gongzhong' })
  return new SharedStream(worker.port)
}
