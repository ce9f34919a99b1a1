// One row of a DataTable. A component of its own, so that scrolling renders only the rows that come into view; what its
// cells read is followed by the row itself.
import { defineComponent, h, type PropType, type VNode } from 'vue'

import type { Column } from './DataTable.vue'

export type CellSlot = ((props: { row: never; value: unknown }) => unknown) | undefined

export const TableRow = defineComponent({
  props: {
    name: { type: String, required: true },
    row: { type: null as unknown as PropType<unknown>, required: true },
    columns: { type: Array as PropType<readonly Column[]>, required: true },
    slots: { type: Object as PropType<Readonly<Record<string, CellSlot>>>, required: true },
    index: { type: Number, required: true },
    start: { type: Number, required: true },
    selected: { type: Boolean, required: true },
    look: { type: [Function, null] as unknown as PropType<((row: never) => unknown) | undefined> },
    attributes: { type: [Function, null] as unknown as PropType<((row: never) => Record<string, unknown>) | undefined> },
  },
  setup(props) {
    function cell(column: Column): VNode {
      const row = props.row as never
      const value = (row as Record<string, unknown>)[column.key]
      const content = props.slots[column.key]?.({ row, value }) ?? String(value ?? '')
      return h('span', { key: column.key, role: 'gridcell', class: ['cell', column.align] }, content as VNode[])
    }
    return () =>
      h(
        'div',
        {
          id: props.name,
          role: 'row',
          class: ['line', 'row', props.look?.(props.row as never), { selected: props.selected }],
          'aria-rowindex': props.index + 2,
          'aria-selected': props.selected,
          style: { transform: `translateY(${props.start}px)` },
          'data-testid': 'row',
          ...props.attributes?.(props.row as never),
        },
        props.columns.map(cell),
      )
  },
})
