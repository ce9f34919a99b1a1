// How far something is here, and the colour for it.
import type { MessageKey } from '../i18n'
import type { Kind } from '../ui/kinds'

export type State = 'behaviour' | 'constant' | 'fallback' | 'retired' | 'trigger' | 'given' | 'fault' | 'known'

export const LOOKS: Record<State, Kind> = {
  behaviour: 'ok',
  given: 'ok',
  constant: 'wait',
  fallback: 'wait',
  trigger: 'wait',
  fault: 'wait',
  retired: 'info',
  known: 'info',
}

export const stateName = (state: State): MessageKey => `reference.state.${state}`
export const stateMeaning = (state: State): MessageKey => `reference.legend.${state}`

/** What the filters of the reference pages can look at. */
export const WORDS = ['state', 'chapter', 'kind', 'account', 'category']
