import { expect, it } from 'vitest'

import { WayBack } from '../src/phone/page/wayBack'

class FakeHistory {
  length = 7
  backs = 0

  back(): void {
    this.backs++
  }
}

it('cannot go back from the first page, and not further than it', () => {
  const history = new FakeHistory()
  const way = new WayBack(history)
  way.loaded()
  way.back()
  expect([way.possible.value, history.backs]).toEqual([false, 0])
  history.length = 8
  way.loaded()
  expect(way.possible.value).toBe(true)
  way.back()
  way.loaded()
  way.back()
  expect([way.possible.value, history.backs]).toEqual([false, 1])
})

it('takes a reload or a replaced page for no step', () => {
  const history = new FakeHistory()
  const way = new WayBack(history)
  way.loaded()
  way.loaded()
  expect(way.possible.value).toBe(false)
})

it('follows a new way after steps back', () => {
  const history = new FakeHistory()
  const way = new WayBack(history)
  way.loaded()
  for (const length of [8, 9, 10]) {
    history.length = length
    way.loaded()
  }
  for (let step = 0; step < 3; step++) {
    way.back()
    way.loaded()
  }
  expect(way.possible.value).toBe(false)
  history.length = 8
  way.loaded()
  way.back()
  expect([way.possible.value, history.backs]).toEqual([false, 4])
})
