// The shared worker of all tabs: holds the one event stream.
import { EVENTS_URL } from './eventsUrl'
import { Relay } from './sharedStream'

const relay = new Relay(() => new EventSource(EVENTS_URL))

addEventListener('connect', (event) => {
  const port = (event as MessageEvent).ports[0]!
  port.onmessage = ({ data }: MessageEvent<'join' | 'leave'>) => (data === 'join' ? relay.join(port) : relay.leave(port))
})
