import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { TRAFFIC_CAP, TrafficLog } from '../src/store/trafficLog'
import { entry } from './made'

let log: TrafficLog

beforeEach(() => {
  log = new TrafficLog()
})

const shown = (): number[] => log.rows.value.map((row) => row.seq)

describe('a burst of live entries', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('is gathered and shown together, and so is the next one', () => {
    for (const seq of [1, 2, 3]) log.take(entry(seq))
    expect(shown()).toEqual([])
    vi.runAllTimers()
    expect(shown()).toEqual([1, 2, 3])
    log.take(entry(4))
    vi.runAllTimers()
    expect(shown()).toEqual([1, 2, 3, 4])
  })
})

it('orders, replaces and caps', () => {
  log.merge([entry(3), entry(1)])
  log.merge([entry(2), entry(3, { title: 'newer' })])
  expect(shown()).toEqual([1, 2, 3])
  expect(log.rows.value[2]?.title).toBe('newer')
  log.merge(Array.from({ length: TRAFFIC_CAP + 5 }, (_, at) => entry(at + 4)))
  expect(log.rows.value).toHaveLength(TRAFFIC_CAP)
  expect(shown().at(-1)).toBe(TRAFFIC_CAP + 8)
})

it('shows nothing new while paused, and everything afterwards', () => {
  log.merge([entry(1)])
  log.pause(true)
  log.merge([entry(2), entry(3)])
  expect(shown()).toEqual([1])
  expect(log.waiting.value).toBe(2)
  log.pause(false)
  expect(shown()).toEqual([1, 2, 3])
})

it('does not bring back what was cleared, even when it is fetched again', () => {
  log.merge([entry(1), entry(2)])
  log.selected.value = 2
  log.clear()
  log.merge([entry(1), entry(2), entry(3)])
  expect(shown()).toEqual([3])
  expect(log.selectedEntry.value).toBeNull()
})

it('starts counting anew after a reset', () => {
  log.merge([entry(40)])
  log.restart()
  log.merge([entry(1)])
  expect(shown()).toEqual([1])
  expect(log.lastSeq()).toBe(1)
})

describe('filter', () => {
  beforeEach(() => {
    log.merge([
      entry(1, { appid: 'wx1', decrypted: '<Content>你好</Content>' }),
      entry(2, { appid: 'wx2', kind: 'api', errcode: 43004, verdict: { ok: false, class: 'errcode', zh: '需要关注', en: 'must follow' } }),
      entry(3, { kind: 'verify' }),
    ])
  })

  it.each([
    [{ kinds: ['api', 'verify'] as const }, [2, 3]],
    [{ appid: 'wx2' }, [2]],
    [{ failuresOnly: true }, [2]],
    [{ text: '你好' }, [1]],
    [{ text: '43004' }, [2]],
    [{ text: 'MUST FOLLOW' }, [2]],
    [{ text: 'nowhere' }, []],
  ])('%j shows %j', (filter, expected) => {
    Object.assign(log.filter, filter)
    expect(shown()).toEqual(expected)
  })
})
