import { mount } from '@vue/test-utils'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { nextTick, ref } from 'vue'

import { placed, widths } from '../src/ui/bars'
import DataTable from '../src/ui/DataTable.vue'
import { anchored, stepped } from '../src/ui/tableMoves'
import { giveSizes } from './sizes'

describe('keys', () => {
  it.each([
    ['j', -1, 0],
    ['k', -1, 9],
    ['j', 9, 9],
    ['ArrowUp', 0, 0],
    ['PageDown', 2, 6],
    ['PageUp', 2, 0],
    ['Home', 5, 0],
    ['End', 5, 9],
  ])('%s at %i of ten leads to %i', (key, at, to) => expect(stepped(key, at, 10, 4)).toBe(to))

  it('others lead nowhere, and so does any key in an empty table', () => {
    expect(stepped('x', 1, 10, 4)).toBeNull()
    expect(stepped('j', -1, 0, 4)).toBeNull()
  })
})

describe('the reader’s place', () => {
  const same = (row: number): number => row

  it('is found again after rows came in above, below, or in the middle', () => {
    expect(anchored([9, 8, 7, 6, 5], 3, 1, 6, same)).toBe(2)
    expect(anchored([7, 6, 5, 4], 3, 1, 6, same)).toBe(0)
    expect(anchored([7, 65, 6, 5, 4], 4, 1, 6, same)).toBe(1)
    expect(anchored([7, 5], 3, 1, 6, same)).toBe(0)
  })
})

describe('bars', () => {
  it('are wider for what takes longer, and never wider than the whole', () => {
    const [short, long] = [widths([{ ms: 5, kind: 'ok' }], 5000)[0]!, widths([{ ms: 500, kind: 'ok' }], 5000)[0]!]
    expect(short).toBeGreaterThan(0)
    expect(long).toBeGreaterThan(short)
    expect(widths([{ ms: 90_000, kind: 'bad' }], 5000)).toEqual([1])
    const [a, b] = widths([{ ms: 5000, kind: 'bad' }, { ms: 10_000, kind: 'ok' }], 15_000)
    expect(b! / a!).toBeCloseTo(2)
    expect(widths([{ ms: 0, kind: 'ok' }], 5000)).toEqual([0])
  })

  it('stand on one scale; what goes on reaches its end', () => {
    const row = (start: number, length: number | null) => ({ label: '', start, length, kind: 'ok' as const, words: '' })
    expect(placed([row(100, 5), row(105, null)], 110)).toEqual([
      { left: 0, width: 0.5 },
      { left: 0.5, width: 0.5 },
    ])
    expect(placed([row(100, 0)])).toEqual([{ left: 0, width: 0 }])
  })
})

describe('DataTable', () => {
  interface Row {
    id: number
    name: string
  }
  const rows = Array.from({ length: 10_000 }, (_, id) => ({ id, name: `row ${id}` }))

  beforeEach(() => giveSizes())

  function table(given: Row[] = rows, further: object = {}) {
    const view = mount(DataTable<Row>, {
      attachTo: document.body,
      props: {
        rows: given,
        columns: [
          { key: 'id', title: 'number', width: '80px' },
          { key: 'name', title: 'name', from: 900 },
        ],
        rowKey: (row: Row) => row.id,
        label: 'rows',
        'onUpdate:selected': (key) => void view.setProps({ selected: key }),
        ...further,
      },
    })
    return view
  }

  it('holds only the rows in view, and tells how many there are', async () => {
    const view = table()
    await vi.waitFor(() => expect(view.findAll('[data-testid=row]').length).toBeGreaterThan(9))
    expect(view.findAll('[data-testid=row]').length).toBeLessThan(60)
    expect(view.attributes('aria-rowcount')).toBe('10001')
    view.unmount()
  })

  it('leaves out the columns for which there is no room', async () => {
    const view = table()
    await vi.waitFor(() => expect(view.findAll('[role=columnheader]').map((one) => one.text())).toEqual(['number']))
    view.unmount()
  })

  it('chooses with j and k and opens with Enter', async () => {
    const view = table()
    await vi.waitFor(() => expect(view.find('[data-testid=row]').exists()).toBe(true))
    for (const key of ['j', 'j', 'j', 'k']) await view.trigger('keydown', { key })
    expect(view.props('selected')).toBe(1)
    expect(view.get('[aria-selected=true]').text()).toBe('1')
    expect(view.attributes('aria-activedescendant')).toBe(view.get('[aria-selected=true]').attributes('id'))
    await view.trigger('keydown', { key: 'Enter' })
    expect(view.emitted('open')).toEqual([[rows[1]]])
    view.unmount()
  })

  it('asks for more when the end comes near, if there is more', async () => {
    const few = table(rows.slice(0, 5), { more: true })
    await vi.waitFor(() => expect(few.emitted('more')).toHaveLength(1))
    const all = table(rows.slice(0, 5))
    await vi.waitFor(() => expect(all.find('[data-testid=row]').exists()).toBe(true))
    expect(all.emitted('more')).toBeUndefined()
    few.unmount()
    all.unmount()
  })

  it('renders only what comes into view while it is scrolled, and follows what its cells read', async () => {
    const rendered: number[] = []
    const word = ref('a')
    const slot = ({ row }: { row: Row }): string => {
      rendered.push(row.id)
      return `${word.value}${row.id}`
    }
    const view = mount(DataTable<Row>, {
      attachTo: document.body,
      props: { rows, columns: [{ key: 'id', title: 'number' }], rowKey: (row: Row) => row.id, label: 'rows' },
      slots: { id: slot as never },
    })
    await vi.waitFor(() => expect(view.findAll('[data-testid=row]').length).toBeGreaterThan(9))
    const held = view.findAll('[data-testid=row]').length
    rendered.length = 0
    view.element.scrollTop = 34 * 20
    await view.trigger('scroll')
    await vi.waitFor(() => expect(view.get('[data-testid=row]').text()).not.toBe('a0'))
    expect(new Set(rendered).size).toBe(rendered.length)
    expect(rendered.every((id) => id >= held)).toBe(true)
    word.value = 'b'
    await nextTick()
    expect(view.get('[data-testid=row]').text()).toMatch(/^b/)
    view.unmount()
  })
})
