// Times as people in a chat read them.

const BEIJING_S = 8 * 3600

function two(value: number): string {
  return String(value).padStart(2, '0')
}

export function hourMinute(seconds: number): string {
  const date = new Date(seconds * 1000)
  return `${two(date.getHours())}:${two(date.getMinutes())}`
}

export function dateTime(seconds: number): string {
  const date = new Date(seconds * 1000)
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  return `${day} ${hourMinute(seconds)}:${two(date.getSeconds())}`
}

/** This browser's zone at that moment, such as UTC+8. */
export function zone(seconds: number): string {
  const minutes = -new Date(seconds * 1000).getTimezoneOffset()
  const [hours, rest] = [Math.trunc(Math.abs(minutes) / 60), Math.abs(minutes) % 60]
  return `UTC${minutes < 0 ? '-' : '+'}${hours}${rest ? `:${two(rest)}` : ''}`
}

/** The date and time in Beijing, which WeChat's own texts and alarms are in. */
export function beijingTime(seconds: number): string {
  return new Date((seconds + BEIJING_S) * 1000).toISOString().slice(0, 19).replace('T', ' ')
}

/** Only the time on the same day, with the date on any other. */
export function chatTime(seconds: number, now: number): string {
  const [date, today] = [new Date(seconds * 1000), new Date(now * 1000)]
  if (date.toDateString() === today.toDateString()) return hourMinute(seconds)
  const day = `${date.getMonth() + 1}-${date.getDate()} ${hourMinute(seconds)}`
  return date.getFullYear() === today.getFullYear() ? day : `${date.getFullYear()}-${day}`
}
