// Short messages about what just happened or failed. They leave by themselves; errors stay longer.
import { reactive } from 'vue'

import { ApiError } from '../api/client'
import { language, type Language } from '../i18n'

export interface Notice {
  id: number
  text: string
  bad: boolean
}

const SHOWN_MS = { good: 2600, bad: 7000 }

export class Notices {
  readonly list = reactive<Notice[]>([])
  private next = 1

  say(text: string, bad = false): void {
    const notice = { id: this.next++, text, bad }
    this.list.push(notice)
    setTimeout(() => this.dismiss(notice.id), bad ? SHOWN_MS.bad : SHOWN_MS.good)
  }

  complain(error: unknown): void {
    this.say(wording(error, language.value), true)
  }

  dismiss(id: number): void {
    const at = this.list.findIndex((notice) => notice.id === id)
    if (at >= 0) this.list.splice(at, 1)
  }
}

export function wording(error: unknown, lang: Language): string {
  if (error instanceof ApiError) return error.said[lang]
  return error instanceof Error ? error.message : String(error)
}
