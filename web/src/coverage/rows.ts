// From what the platform tells to rows that can be searched: one shape for endpoints, pushes and return codes.
import type { Coverage } from '../api/types'

export type View = 'endpoints' | 'pushes' | 'codes'
export type State = 'behaviour' | 'constant' | 'fallback' | 'retired' | 'trigger' | 'given' | 'fault' | 'known'

export interface Row {
  key: string
  name: string
  zh: string
  en: string
  detail: string
  state: State
}

export const STATES: Record<View, State[]> = {
  endpoints: ['behaviour', 'constant', 'fallback', 'retired'],
  pushes: ['behaviour', 'trigger'],
  codes: ['given', 'fault', 'known'],
}

const CODE_STATES: Record<Coverage['codes'][number]['given'], State> = { behaviour: 'given', fault: 'fault', no: 'known' }

export function rowsOf(coverage: Coverage, view: View): Row[] {
  if (view === 'endpoints') {
    return coverage.endpoints.map(({ verb, path, zh, en, kit, platform }) => ({
      key: `${verb} ${path}`,
      name: path,
      zh,
      en,
      detail: kit === 'listed' ? `${verb} · listed` : verb,
      state: platform,
    }))
  }
  if (view === 'pushes') {
    return coverage.pushes.map(({ kind, name, cls, zh, en, made_by }) => ({
      key: `${kind} ${name}`,
      name,
      zh,
      en,
      detail: made_by.join(', ') || cls,
      state: made_by.length > 0 ? 'behaviour' : 'trigger',
    }))
  }
  return coverage.codes.map(({ code, zh, en, given }) => ({
    key: String(code),
    name: String(code),
    zh: zh || en,
    en: en || zh,
    detail: '',
    state: CODE_STATES[given],
  }))
}

/** Rows that contain the text anywhere and, when a state is chosen, have that state. */
export function matching(rows: Row[], text: string, state: State | null): Row[] {
  const wanted = text.trim().toLowerCase()
  return rows.filter(
    (row) =>
      (state === null || row.state === state) &&
      (wanted === '' || `${row.name} ${row.zh} ${row.en} ${row.detail}`.toLowerCase().includes(wanted)),
  )
}
