import { mount } from '@vue/test-utils'
import { defineComponent, h } from 'vue'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { press, shortcuts, useShortcut } from '../src/shell/shortcuts'

const acted: string[] = []
const Page = (name: string, keys: string): ReturnType<typeof defineComponent> =>
  defineComponent({
    setup: () => {
      useShortcut(keys, 'keys.next', () => acted.push(name))
      return () => h('input', { type: 'text' })
    },
  })

function key(name: string, options: KeyboardEventInit = {}, target: EventTarget = document.body): KeyboardEvent {
  const event = new KeyboardEvent('keydown', { key: name, bubbles: true, cancelable: true, ...options })
  target.dispatchEvent(event)
  return event
}

beforeEach(() => {
  acted.length = 0
  document.addEventListener('keydown', press)
})
afterEach(() => document.removeEventListener('keydown', press))

describe('a shortcut', () => {
  it('acts while its page is shown, and not after', () => {
    const page = mount(Page('page', 'j'))
    expect(key('j').defaultPrevented).toBe(true)
    page.unmount()
    expect(key('j').defaultPrevented).toBe(false)
    expect(acted).toEqual(['page'])
    expect(shortcuts).toEqual([])
  })

  it('of a page goes before the same keys of the shell', () => {
    const shell = mount(Page('shell', 'r'))
    const page = mount(Page('page', 'r'))
    key('r')
    page.unmount()
    key('r')
    shell.unmount()
    expect(acted).toEqual(['page', 'shell'])
  })

  it('is text where something is written, unless a modifier is held', () => {
    const letter = mount(Page('letter', 'j'), { attachTo: document.body })
    const palette = mount(Page('palette', 'mod+k'), { attachTo: document.body })
    key('j', {}, letter.element)
    key('k', { ctrlKey: true }, letter.element)
    key('k', { ctrlKey: true, altKey: true })
    letter.unmount()
    palette.unmount()
    expect(acted).toEqual(['palette'])
  })
})
