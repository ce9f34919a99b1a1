// Ask before something that cannot be taken back: `if (await confirm({…})) …`.
import { h, render } from 'vue'

import Confirm from './Confirm.vue'

export interface Question {
  title: string
  text: string
  /** What the button that does it says: the act itself, never "OK". */
  go: string
  danger?: boolean
  /** A word that must be typed first, for what is very hard to undo. */
  typed?: string
}

/** True when the person said yes; no when they closed it in any other way. */
export function confirm(question: Question): Promise<boolean> {
  const place = document.createElement('div')
  document.body.append(place)
  return new Promise((resolve) => {
    const answer = (yes: boolean): void => {
      render(null, place)
      place.remove()
      resolve(yes)
    }
    render(h(Confirm, { question, onAnswer: answer }), place)
  })
}
