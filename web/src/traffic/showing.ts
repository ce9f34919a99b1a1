// How rows of the log are shown: times, marks and texts.
import type { Row } from '../api/types'
import type { Language } from '../i18n'
import type { IconName } from '../ui/icons'
import type { Kind } from '../ui/kinds'

/** Seen from the platform: pushes go out to the program, calls come in from it, and pages of WeChat are visited. */
export const MARKS: Record<Row['kind'], { icon: IconName; kind: Kind | 'violet' }> = {
  push: { icon: 'out', kind: 'info' },
  verify: { icon: 'out', kind: 'warn' },
  api: { icon: 'in', kind: 'ok' },
  web: { icon: 'eye', kind: 'violet' },
  pause: { icon: 'pause', kind: 'bad' },
}

export function clockTime(seconds: number): string {
  const date = new Date(seconds * 1000)
  const two = (value: number): string => String(value).padStart(2, '0')
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}

export function duration(ms: number): string {
  if (ms < 1) return '<1 ms'
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`
}

/** The sentence of a row as plain text. */
export function sentence(row: Row, lang: Language): string {
  const text = row.words.map((part) => part[lang]).join(' ')
  return lang === 'zh' ? text.replaceAll(' 「', '「') : text
}
