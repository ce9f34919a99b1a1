import { beforeEach, expect, it, vi } from 'vitest'

import type { Stream } from '../src/api/live'
import { Relay, SharedStream, type Told } from '../src/api/sharedStream'

class FakeStream implements Stream {
  readyState = 0
  onopen: ((event: Event) => void) | null = null
  onerror: ((event: Event) => void) | null = null
  readonly close = vi.fn()
  readonly listeners = new Map<string, (event: MessageEvent<string>) => void>()

  addEventListener(name: string, listener: (event: MessageEvent<string>) => void): void {
    this.listeners.set(name, listener)
  }

  opens(): void {
    this.readyState = 1
    this.onopen?.(new Event('open'))
  }

  fails(readyState: number): void {
    this.readyState = readyState
    this.onerror?.(new Event('error'))
  }
}

class FakeTab {
  readonly told: Told[] = []

  postMessage(message: Told): void {
    this.told.push(message)
  }
}

let streams: FakeStream[]
let relay: Relay

beforeEach(() => {
  streams = []
  relay = new Relay(() => {
    streams.push(new FakeStream())
    return streams.at(-1)!
  })
})

it('opens one stream for any number of tabs and passes everything on to each', () => {
  const tabs = Array.from({ length: 8 }, () => new FakeTab())
  for (const tab of tabs) relay.join(tab)
  streams[0]!.opens()
  streams[0]!.listeners.get('clock')!(new MessageEvent('clock', { data: '{"now":1}' }))
  expect(streams).toHaveLength(1)
  for (const tab of tabs) {
    expect(tab.told).toEqual([{ state: 'open', readyState: 1 }, { name: 'clock', data: '{"now":1}' }])
  }
})

it('tells a late tab that the stream is open', () => {
  relay.join(new FakeTab())
  streams[0]!.opens()
  const late = new FakeTab()
  relay.join(late)
  expect(late.told).toEqual([{ state: 'open', readyState: 1 }])
  streams[0]!.fails(0)
  const later = new FakeTab()
  relay.join(later)
  expect(later.told).toEqual([])
})

it('closes the stream with the last tab and opens another for the next', () => {
  const [one, two] = [new FakeTab(), new FakeTab()]
  relay.join(one)
  relay.join(two)
  relay.leave(one)
  expect(streams[0]!.close).not.toHaveBeenCalled()
  relay.leave(two)
  expect(streams[0]!.close).toHaveBeenCalledOnce()
  relay.join(one)
  expect(streams).toHaveLength(2)
})

it('opens one new stream after the browser gave up on the old one, however many tabs ask for it', () => {
  const tabs = [new FakeTab(), new FakeTab()]
  for (const tab of tabs) relay.join(tab)
  streams[0]!.fails(2)
  for (const tab of tabs) relay.join(tab)
  expect(streams).toHaveLength(2)
})

it('is a stream like any other to its tab', () => {
  const port = { onmessage: null as ((event: MessageEvent<Told>) => void) | null, postMessage: vi.fn(), close: vi.fn() }
  const stream = new SharedStream(port as unknown as MessagePort)
  const [opened, lost, heard] = [vi.fn(), vi.fn(), vi.fn()]
  stream.onopen = opened
  stream.onerror = lost
  stream.addEventListener('chat', (event) => heard(event.data))
  const tell = (data: Told): void => port.onmessage!(new MessageEvent('message', { data }))
  tell({ state: 'open', readyState: 1 })
  tell({ name: 'chat', data: '{}' })
  tell({ state: 'lost', readyState: 2 })
  expect([opened.mock.calls.length, heard.mock.calls, lost.mock.calls.length, stream.readyState]).toEqual([1, [['{}']], 1, 2])
  stream.close()
  expect(port.postMessage.mock.calls.map(([said]) => said as string)).toEqual(['join', 'leave'])
  expect(port.close).toHaveBeenCalledOnce()
})
