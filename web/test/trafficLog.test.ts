import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import type { Question } from '../src/api/client'
import type { Found, Row } from '../src/api/types'
import { HELD, TrafficLog } from '../src/store/trafficLog'
import { row } from './made'

/** A platform that holds rows and answers as the real one does; `matches` is its filter. */
class Platform {
  log = 'a'
  rows: Row[] = []
  asked: Question[] = []
  matches: (row: Row) => boolean = () => true
  down = false

  ask = (question: Question): Promise<Found> => {
    this.asked.push(question)
    if (this.down) return Promise.reject(new Error('down'))
    const { before = 0, after = 0, limit = 1000, among } = question
    const last = Math.max(0, ...this.rows.map((one) => one.number))
    const fitting = this.rows
      .filter((one) => (!before || one.number < before) && one.number > after && (!among || among.includes(one.number)))
      .filter((one) => !question.q || this.matches(one))
      .sort((a, b) => b.number - a.number)
    const rows = fitting.slice(0, limit)
    const more = rows.length < fitting.length
    return Promise.resolve({ log: this.log, rows, more, before: rows.at(-1)?.number ?? 0, last, older: fitting.length - rows.length })
  }
}

let platform: Platform
let log: TrafficLog

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  platform = new Platform()
  log = new TrafficLog(platform.ask)
})
afterEach(() => void vi.useRealTimers())

const shown = (): number[] => log.rows.value.map((placed) => placed.row.number)
const depths = (): number[] => log.rows.value.map((placed) => placed.depth)

async function tell(...rows: Row[]): Promise<void> {
  platform.rows = [...platform.rows.filter((one) => !rows.some((other) => other.number === one.number)), ...rows]
  log.take({ log: platform.log, rows })
  await vi.runAllTimersAsync()
}

describe('rows as they come in', () => {
  it('stand newest first, and what follows from a row below it in the order of time', async () => {
    await log.load()
    await tell(row(1), row(2, { cause: { number: 1, known: true } }), row(3), row(4, { cause: { number: 2, known: true } }), row(5, { cause: { number: 1, known: false } }))
    expect(shown()).toEqual([3, 1, 2, 4, 5])
    expect(depths()).toEqual([0, 0, 1, 2, 1])
  })

  it('fill in, and an answer that was overtaken does not take it back', async () => {
    await log.load()
    await tell(row(1, { state: 'wait', attempts: 0 }))
    await tell(row(1, { state: 'ok', attempts: 1 }))
    await tell(row(1, { state: 'wait', attempts: 0 }))
    expect(log.find(1)?.state).toBe('ok')
  })

  it('show the first of a flood at once and the rest in steps', async () => {
    await log.load()
    log.take({ log: 'a', rows: [row(1)] })
    await vi.advanceTimersByTimeAsync(1)
    expect(shown()).toEqual([1])
    log.take({ log: 'a', rows: [row(2)] })
    await vi.advanceTimersByTimeAsync(50)
    expect(shown()).toEqual([1])
    await vi.advanceTimersByTimeAsync(60)
    expect(shown()).toEqual([2, 1])
  })

  it('are let go from the oldest on, and said to be there still', async () => {
    await log.load()
    await tell(...Array.from({ length: HELD + 5 }, (_, at) => row(at + 1)))
    expect(log.rows.value).toHaveLength(HELD)
    expect([log.more.value, log.older.value]).toEqual([true, 5])
    await log.loadMore()
    expect(shown().at(-1)).toBe(1)
  })

  it('of another account stay away', async () => {
    await log.search('', 'wx1')
    await tell(row(1, { appid: 'wx2' }), row(2, { appid: 'wx1' }), row(3, { appid: '' }))
    expect(shown()).toEqual([3, 2])
  })
})

describe('older rows', () => {
  it('come page by page', async () => {
    platform.rows = Array.from({ length: 450 }, (_, at) => row(at + 1))
    await log.load()
    expect([shown().length, log.older.value]).toEqual([200, 250])
    await log.loadMore()
    await log.loadMore()
    expect(shown()).toHaveLength(450)
    expect(log.more.value).toBe(false)
    await log.loadMore()
    expect(platform.asked).toHaveLength(3)
  })
})

describe('a filter', () => {
  beforeEach(() => {
    platform.matches = (one) => one.number % 2 === 0
  })

  it('is a question to the platform, also about what comes in', async () => {
    platform.rows = [row(1), row(2)]
    await log.search('even', '')
    expect(shown()).toEqual([2])
    await tell(row(3), row(4))
    expect(shown()).toEqual([4, 2])
    expect(platform.asked.at(-1)?.among).toEqual([3, 4])
  })

  it('drops a row that has come to be something else', async () => {
    platform.matches = (one) => one.state === 'wait'
    await log.search('waiting', '')
    await tell(row(1, { state: 'wait' }))
    expect(shown()).toEqual([1])
    await tell(row(1, { state: 'ok' }))
    expect(shown()).toEqual([])
  })
})

describe('after the stream was down', () => {
  it('asks from the oldest row on that was under way', async () => {
    platform.rows = [row(1), row(2, { state: 'wait' }), row(3)]
    await log.load()
    platform.rows = [row(1), row(2, { state: 'ok', attempts: 1 }), row(3), row(4)]
    await log.catchUp()
    expect(platform.asked.at(-1)?.after).toBe(1)
    expect(shown()).toEqual([4, 3, 2, 1])
    expect(log.find(2)?.state).toBe('ok')
  })

  it('begins anew when more came in than a page holds, and loses none', async () => {
    platform.rows = [row(1)]
    await log.load()
    platform.rows = Array.from({ length: 500 }, (_, at) => row(at + 1))
    await log.catchUp()
    expect(shown()[0]).toBe(500)
    while (log.more.value) await log.loadMore()
    expect(shown()).toHaveLength(500)
  })

  it('forgets the rows of another log', async () => {
    platform.rows = [row(1), row(2), row(3)]
    await log.load()
    platform.log = 'b'
    platform.rows = [row(1, { title: 'other' })]
    await log.catchUp()
    expect(log.rows.value.map((placed) => placed.row.title)).toEqual(['other'])
    platform.log = 'c'
    platform.rows = [row(7)]
    log.take({ log: 'c', rows: [row(7)] })
    await flushPromises()
    expect(shown()).toEqual([7])
  })

  it('keeps what it has when the platform does not answer', async () => {
    platform.rows = [row(1)]
    await log.load()
    platform.down = true
    await log.catchUp()
    expect([shown(), log.failed.value]).toEqual([[1], false])
  })
})

it('shows nothing new while paused, and everything afterwards', async () => {
  await log.load()
  await tell(row(1))
  log.pause(true)
  await tell(row(2), row(3))
  expect([shown(), log.waiting.value]).toEqual([[1], 2])
  log.pause(false)
  expect(shown()).toEqual([3, 2, 1])
})

it('keeps cleared rows away, also when it is asked again', async () => {
  platform.rows = [row(1), row(2)]
  await log.load()
  log.clear()
  await log.catchUp()
  await tell(row(3))
  expect(shown()).toEqual([3])
})

it('says that the log cannot be had, and has it when it can', async () => {
  platform.down = true
  await log.load()
  expect([log.failed.value, log.loaded.value]).toEqual([true, false])
  platform.down = false
  await log.catchUp()
  expect([log.failed.value, log.loaded.value]).toEqual([false, true])
})
