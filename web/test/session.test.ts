import { flushPromises } from '@vue/test-utils'
import { beforeEach, describe, expect, it } from 'vitest'

import type { Stream } from '../src/api/live'
import { Session } from '../src/store/session'
import { line, row } from './made'
import { PlatformStub, world } from './platformStub'

let stub: PlatformStub
let session: Session
let stream: { onopen: (() => void) | null; say: (name: string, data: unknown) => void }

beforeEach(() => {
  localStorage.clear()
  stub = new PlatformStub()
  stub.answers['GET state'] = world()
  stub.answers['GET rows'] = { log: 'a', rows: [row(2), row(1)], more: false, before: 0, last: 2, older: 0 }
  stub.answers['GET people/alice/chats/wx1'] = { items: [line(1)], menu: { button: [] }, typing: false }
  const listeners = new Map<string, (event: MessageEvent<string>) => void>()
  const fake = {
    readyState: 1,
    onopen: null,
    onerror: null,
    addEventListener: (name: string, listener: (event: MessageEvent<string>) => void) => listeners.set(name, listener),
    close: () => {},
    say: (name: string, data: unknown) => listeners.get(name)!(new MessageEvent(name, { data: JSON.stringify(data) })),
  }
  stream = fake
  session = new Session(stub.api, () => fake as Stream)
  session.start()
})

async function open(): Promise<void> {
  stream.onopen!()
  await flushPromises()
}

const lines = (): number[] => session.items.value.map((item) => item.seq)

describe('catching up', () => {
  it('chooses the first person and account, and loads their chat and the traffic', async () => {
    await open()
    expect([session.personName.value, session.appid.value]).toEqual(['alice', 'wx1'])
    expect(lines()).toEqual([1])
    expect(session.traffic.rows.value.map((placed) => placed.row.number)).toEqual([2, 1])
    expect(session.connected.value).toBe(true)
  })

  it('adds what was missed while the stream was down', async () => {
    await open()
    stream.say('chat', line(3))
    stub.answers['GET people/alice/chats/wx1'] = { items: [line(1), line(2), line(3)], menu: null, typing: true }
    await open()
    expect(lines()).toEqual([1, 2, 3])
    expect(session.typing.value).toBe(true)
  })

  it('forgets what a restarted platform never saw', async () => {
    await open()
    stream.say('chat', line(8))
    stub.answers['GET people/alice/chats/wx1'] = { items: [line(1, { content: 'fresh' })], menu: null, typing: false }
    stub.answers['GET rows'] = { log: 'b', rows: [row(1, { title: 'fresh' })], more: false, before: 0, last: 1, older: 0 }
    await open()
    expect(session.items.value).toMatchObject([{ seq: 1, content: 'fresh' }])
    expect(session.traffic.rows.value.map((placed) => placed.row.title)).toEqual(['fresh'])
  })
})

it('shows typing until the account has said something', async () => {
  await open()
  stream.say('typing', { person: 'alice', appid: 'wx1', on: true })
  expect(session.typing.value).toBe(true)
  stream.say('chat', line(5))
  expect(session.typing.value).toBe(false)
})

describe('acting', () => {
  it('shows the lines of an act at once and only once', async () => {
    await open()
    stub.answers['POST people/alice/say'] = { items: [line(2, { side: 'person' })] }
    await session.act((api, person, appid) => api.say(person, appid, { type: 'text', content: '你好' }))
    stream.say('chat', line(2, { side: 'person' }))
    expect(lines()).toEqual([1, 2])
    expect(stub.bodies('POST people/alice/say')).toEqual([{ appid: 'wx1', type: 'text', content: '你好' }])
  })

  it('turns a refusal into a notice in the words of the platform', async () => {
    await open()
    const result = await session.act((api, person, appid) => api.follow(person, appid))
    expect(result).toBeNull()
    expect(session.notices.list).toMatchObject([{ text: '没有', bad: true }])
  })
})

it('remembers the choice for the next visit', async () => {
  await open()
  stub.answers['POST people/alice/enter'] = { items: [] }
  await session.chooseAccount('wx1')
  await session.choosePerson('alice')
  const next = new Session(stub.api)
  expect([next.personName.value, next.appid.value]).toEqual(['alice', 'wx1'])
})

describe('reading a chat', () => {
  const calls = (): string[] => stub.asked.filter((one) => one.call.includes('/chats/')).map((one) => one.call.split('after=')[1]!)

  it('fetches all of it once, and later only what followed', async () => {
    await session.readChat('alice', 'wx1')
    stub.answers['GET people/alice/chats/wx1'] = { items: [line(1), line(2)], menu: null, typing: false }
    await session.readChat('alice', 'wx1')
    stub.answers['GET people/alice/chats/wx1'] = { items: [line(2), line(3)], menu: null, typing: false }
    await session.readChat('alice', 'wx1')
    expect(calls().slice(-3)).toEqual(['0', '0', '1'])
    expect(session.chats.items('alice', 'wx1').map((item) => item.seq)).toEqual([1, 2, 3])
  })

  it('does not take lines that events brought for all that there is', async () => {
    session.chats.merge([line(90, { person: 'bob' })])
    stub.answers['GET people/bob/chats/wx1'] = { items: [line(80, { person: 'bob' }), line(90, { person: 'bob' })], menu: null, typing: false }
    await session.readChat('bob', 'wx1')
    expect(session.chats.items('bob', 'wx1').map((item) => item.seq)).toEqual([80, 90])
  })
})
