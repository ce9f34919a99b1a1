// How entries of the log are named in a row.
import type { MessageKey } from '../i18n'
import type { Traffic, TrafficKind } from '../api/types'

export const KIND_LABELS: Record<TrafficKind, MessageKey> = {
  push: 'traffic.kind.push',
  verify: 'traffic.kind.verify',
  api: 'traffic.kind.api',
  web: 'traffic.kind.web',
}

export type Direction = 'out' | 'in'

/** Seen from the platform: pushes go out to the application, calls come in from it. */
export function direction(kind: TrafficKind): Direction {
  return kind === 'push' || kind === 'verify' ? 'out' : 'in'
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

export function asCurl(entry: Traffic): string {
  const { method, url, headers, body } = entry.request
  const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`
  const parts = ['curl', '-X', method, quoted(url)]
  const type = Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-type')?.[1]
  if (type) parts.push('-H', quoted(`Content-Type: ${type}`))
  if (typeof body === 'string' && body) parts.push('--data-binary', quoted(body))
  return parts.join(' ')
}
