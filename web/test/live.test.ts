import { beforeEach, expect, it, vi } from 'vitest'

import { listen, type LiveHandlers, type Stream } from '../src/api/live'
import { line } from './made'

class FakeStream implements Stream {
  readyState = 1
  onopen: ((event: Event) => void) | null = null
  onerror: ((event: Event) => void) | null = null
  closed = false
  private readonly listeners = new Map<string, (event: MessageEvent<string>) => void>()

  addEventListener(name: string, listener: (event: MessageEvent<string>) => void): void {
    this.listeners.set(name, listener)
  }

  close(): void {
    this.closed = true
  }

  say(name: string, data: unknown): void {
    this.listeners.get(name)?.(new MessageEvent(name, { data: JSON.stringify(data) }))
  }
}

let streams: FakeStream[]
let later: (() => void)[]
let stop: () => void
const handlers = { opened: vi.fn(), lost: vi.fn(), chat: vi.fn(), rows: vi.fn(), clock: vi.fn(), state: vi.fn(), typing: vi.fn(), snapshot: vi.fn() } satisfies LiveHandlers

beforeEach(() => {
  vi.clearAllMocks()
  streams = []
  later = []
  const open = (): Stream => {
    streams.push(new FakeStream())
    return streams.at(-1)!
  }
  stop = listen(open, handlers, (again) => later.push(again))
})

it('hands each event to its handler', () => {
  streams[0]!.say('chat', line(4))
  streams[0]!.say('clock', { now: 5, frozen: true })
  streams[0]!.say('state', {})
  streams[0]!.say('snapshot', { person: 'alice', appid: 'wx1', url: '/full' })
  expect(handlers.snapshot).toHaveBeenCalledWith({ person: 'alice', appid: 'wx1', url: '/full' })
  expect(handlers.chat).toHaveBeenCalledWith(line(4))
  expect(handlers.clock).toHaveBeenCalledWith({ now: 5, frozen: true })
  expect(handlers.state).toHaveBeenCalledOnce()
})

it('says each time the stream is open again, which is when to catch up', () => {
  streams[0]!.onopen?.(new Event('open'))
  streams[0]!.readyState = 0
  streams[0]!.onerror?.(new Event('error'))
  expect(later).toEqual([])
  streams[0]!.onopen?.(new Event('open'))
  expect(handlers.opened).toHaveBeenCalledTimes(2)
  expect(handlers.lost).toHaveBeenCalledOnce()
})

it('opens a new stream when the browser gave up on the old one', () => {
  streams[0]!.readyState = 2
  streams[0]!.onerror?.(new Event('error'))
  later[0]!()
  streams[1]!.say('state', {})
  expect(handlers.state).toHaveBeenCalledOnce()
})

it('stops for good', () => {
  stop()
  expect(streams[0]!.closed).toBe(true)
  streams[0]!.readyState = 2
  streams[0]!.onerror?.(new Event('error'))
  later[0]!()
  expect(streams).toHaveLength(1)
})
