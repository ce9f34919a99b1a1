// Keys that do something wherever one is. A page adds its own while it is shown; `?` lists all of them.
import { onMounted, onUnmounted, shallowReactive } from 'vue'

import type { MessageKey } from '../i18n'
import { isWriting, withMod } from '../ui/keys'

export interface Shortcut {
  /** Such as "j", "/", "?" or "mod+k". */
  keys: string
  words: MessageKey
  act: (event: KeyboardEvent) => void
}

const active = shallowReactive<Shortcut[]>([])

export const shortcuts: readonly Shortcut[] = active

/** Listen for a shortcut while the calling component is shown. One added later goes before one with the same keys. */
export function useShortcut(keys: string, words: MessageKey, act: (event: KeyboardEvent) => void): void {
  const shortcut: Shortcut = { keys, words, act }
  onMounted(() => active.unshift(shortcut))
  onUnmounted(() => active.splice(active.indexOf(shortcut), 1))
}

function meant(event: KeyboardEvent): string {
  return withMod(event) ? `mod+${event.key.toLowerCase()}` : event.key
}

/** Act on a key of the whole page. Letters are left alone while something is written, and under a dialog. */
export function press(event: KeyboardEvent): void {
  const withModifier = withMod(event)
  if (event.defaultPrevented || event.altKey || (!withModifier && (event.ctrlKey || event.metaKey))) return
  if (!withModifier && (isWriting(event) || document.querySelector('dialog:modal'))) return
  const found = active.find((one) => one.keys === meant(event))
  if (!found) return
  event.preventDefault()
  found.act(event)
}

/** Give j, k and their like to the list in view, which then has the focus. */
export function toList(event: KeyboardEvent): void {
  const list = inView<HTMLElement>('[role=grid], [role=listbox], [data-keys]')
  if (!list || list === event.target) return
  list.focus()
  list.dispatchEvent(new KeyboardEvent('keydown', { key: event.key, bubbles: true, cancelable: true }))
}

export function toSearch(): void {
  const field = inView<HTMLInputElement>('[data-search] input, [role=search] input, .filter input, input[type=search], input[data-search]')
  field?.focus()
  field?.select()
}

function inView<Found extends HTMLElement>(selector: string): Found | undefined {
  return [...document.querySelectorAll<Found>(`main :is(${selector})`)].find((one) => one.offsetParent !== null)
}
