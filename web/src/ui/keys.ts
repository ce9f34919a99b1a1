// Names of keys as they stand on the keyboard at hand, and when a letter is a shortcut and not something being written.
const MAC = /Mac|iPhone|iPad/.test(navigator.platform)

const NAMES: Record<string, string> = MAC
  ? { mod: '⌘', alt: '⌥', shift: '⇧', enter: '↩', esc: 'esc', up: '↑', down: '↓' }
  : { mod: 'Ctrl', alt: 'Alt', shift: 'Shift', enter: 'Enter', esc: 'Esc', up: '↑', down: '↓' }

/** "mod+k" → the names of its keys, in the order in which they are pressed. */
export function keyNames(keys: string): string[] {
  return keys.split('+').map((key) => NAMES[key] ?? key.toUpperCase())
}

/** Whether Ctrl, or ⌘ on a Mac, is held. */
export function withMod(event: KeyboardEvent): boolean {
  return MAC ? event.metaKey : event.ctrlKey
}

/** Whether the key goes into a field, where letters are text. */
export function isWriting(event: Event): boolean {
  const target = event.target
  if (!(target instanceof HTMLElement)) return false
  if (target instanceof HTMLInputElement) return !['checkbox', 'radio', 'button', 'submit', 'range'].includes(target.type)
  return target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement
}
