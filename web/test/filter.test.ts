import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import { nextTick } from 'vue'

import { holds, parse, toggled, written, type Term } from '../src/ui/filter'
import FilterBar from '../src/ui/FilterBar.vue'
import table from './filter_cases.json'

const term = (word: string, value: string, not = false): Term => ({ word, value, not })

describe('parse', () => {
  it.each(table.cases as [string, [string, string, boolean][]][])('%s', (text, terms) => {
    expect(parse(text)).toEqual(terms.map(([word, value, not]) => term(word, value, not)))
  })

  it('knows the words that it is given', () => {
    expect(parse('chapter:菜单 person:a', ['chapter'])).toEqual([term('chapter', '菜单'), term('', 'person:a')])
  })
})

describe('written', () => {
  it.each([term('', 'plain'), term('person', '小 明', true), term('', 'a "b" \\'), term('', '-x'), term('rid', '6a-1'), term('', '-')])(
    'is read again as %o',
    (one) => expect(parse(written(one))).toEqual([one]),
  )

  it('toggles a term', () => {
    const failed = term('ok', 'no')
    expect(toggled('person:a', failed)).toBe('person:a ok:no')
    expect(toggled('person:a ok:no x', failed)).toBe('person:a x')
  })
})

describe('holds', () => {
  const row = { kind: ['api'], person: ['小明', '小红'] } as Record<string, string[]>
  const says = (text: string): boolean => holds(parse(text), (word) => row[word] ?? [], () => 'POST /cgi-bin/Menu')

  it('text stands anywhere, in either case', () => {
    expect(says('menu')).toBe(true)
    expect(says('menu get')).toBe(false)
    expect(says('-menu')).toBe(false)
  })

  it('one word is met by any of its values, different words must all be met', () => {
    expect(says('kind:push kind:api')).toBe(true)
    expect(says('kind:push person:小明')).toBe(false)
    expect(says('person:小红 kind:API')).toBe(true)
    expect(says('-person:小红')).toBe(false)
    expect(says('errcode:1')).toBe(false)
  })
})

describe('FilterBar', () => {
  const bar = (text: string) =>
    mount(FilterBar, {
      props: { modelValue: text, suggestions: { kind: ['push', 'api'], person: ['小明'] }, 'onUpdate:modelValue': (to: string) => void view.setProps({ modelValue: to }) },
    })
  let view: ReturnType<typeof bar>
  const chips = (): string[] => view.findAll('[data-testid=filter-chip]').map((chip) => chip.text())
  const field = (): HTMLInputElement => view.get('input').element

  it('shows complete terms as chips and leaves text to be written on', () => {
    view = bar('person:小明 -icon 菜单')
    expect(chips()).toEqual(['person:小明', '-icon'])
    expect(field().value).toBe('菜单')
  })

  it('makes a chip of a term when it is ended by a space or Enter, and text of it again with Backspace', async () => {
    view = bar('')
    await view.get('input').setValue('kind:api')
    expect([chips(), view.props('modelValue')]).toEqual([[], 'kind:api'])
    await view.get('input').setValue('kind:api ')
    expect([chips(), field().value, view.props('modelValue')]).toEqual([['kind:api'], '', 'kind:api'])
    await view.get('input').setValue('-x')
    await view.get('input').trigger('keydown', { key: 'Enter' })
    expect(view.props('modelValue')).toBe('kind:api -x')
    field().setSelectionRange(0, 0)
    await view.get('input').trigger('keydown', { key: 'Backspace' })
    expect([chips(), field().value]).toEqual([['kind:api'], '-x'])
  })

  it('suggests words, then their values', async () => {
    view = bar('')
    await view.get('input').trigger('focus')
    await view.get('input').setValue('ki')
    const options = (): string[] => view.findAll('[role=option]').map((one) => one.text())
    expect(options()).toEqual(['kind:'])
    await view.get('input').trigger('keydown', { key: 'ArrowDown' })
    await view.get('input').trigger('keydown', { key: 'Enter' })
    expect(options()).toEqual(['kind:push', 'kind:api'])
    await view.get('input').trigger('keydown', { key: 'ArrowUp' })
    expect(view.get('[aria-selected=true]').text()).toBe('kind:api')
    await view.get('input').trigger('keydown', { key: 'Enter' })
    expect(chips()).toEqual(['kind:api'])
  })

  it('follows a text that is given from outside', async () => {
    view = bar('kind:api')
    await view.setProps({ modelValue: 'person:小明 x' })
    await nextTick()
    expect([chips(), field().value]).toEqual([['person:小明'], 'x'])
  })
})
