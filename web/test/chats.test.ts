import { beforeEach, describe, expect, it } from 'vitest'

import { Chats } from '../src/store/chats'
import { line } from './made'

let chats: Chats

beforeEach(() => {
  chats = new Chats()
})

const seqs = (): number[] => chats.items('alice', 'wx1').map((item) => item.seq)

describe('merging', () => {
  it('orders by seq and takes each line once, whichever way it came', () => {
    chats.merge([line(5), line(9)])
    chats.merge([line(7), line(5, { content: 'again' })])
    expect(seqs()).toEqual([5, 7, 9])
    expect(chats.items('alice', 'wx1')[0]).toMatchObject({ content: 'again' })
    expect(chats.lastSeq('alice', 'wx1')).toBe(9)
  })

  it('keeps chats apart', () => {
    chats.merge([line(1), line(2, { person: 'bob' }), line(3, { appid: 'wx2' })])
    expect(seqs()).toEqual([1])
    expect(chats.lastSeq('carol', 'wx1')).toBe(0)
  })
})

describe('unread', () => {
  it('counts what the account said since the chat was seen', () => {
    chats.merge([line(1)])
    chats.markRead('alice', 'wx1')
    chats.merge([line(2), line(3, { side: 'person' }), line(4)])
    expect(chats.unread('alice', 'wx1')).toBe(2)
    chats.markRead('alice', 'wx1')
    expect(chats.unread('alice', 'wx1')).toBe(0)
  })
})

it('remembers who is typing', () => {
  chats.setTyping({ person: 'alice', appid: 'wx1', on: true })
  expect([chats.typing('alice', 'wx1'), chats.typing('bob', 'wx1')]).toEqual([true, false])
  chats.setTyping({ person: 'alice', appid: 'wx1', on: false })
  expect(chats.typing('alice', 'wx1')).toBe(false)
})
