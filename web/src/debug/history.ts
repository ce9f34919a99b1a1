// The last calls, kept in this browser: what was called with which values, and what came of it. Files and tokens are
// not kept, neither here nor in the address.
import { ref, type Ref } from 'vue'

import { readJson, writeJson } from '../ui/json'
import type { Target, Values } from './api'

export interface Past {
  call: string
  title: { zh: string; en: string }
  target: Target
  appid: string
  values: Values
  /** Unix milliseconds. */
  at: number
  /** The return code; null when no answer came, or one without a code. */
  code: number | null
  ok: boolean
}

const KEPT = 'gongzhong.debug.history'
const MOST = 30
const SECRET = /token|secret|ticket|^code$/i
/** Characters of an address that every browser and chat takes. */
const LONGEST = 1500

export const history: Ref<Past[]> = ref(read())

function read(): Past[] {
  try {
    const kept = readJson(localStorage.getItem(KEPT) ?? '[]')
    return Array.isArray(kept) ? (kept as Past[]) : []
  } catch {
    return []
  }
}

function write(): void {
  try {
    localStorage.setItem(KEPT, writeJson(history.value, 0))
  } catch {
    // A full or closed store: the history lasts as long as the page.
  }
}

export function remember(past: Past): void {
  history.value = [{ ...past, values: withoutSecrets(past.values) }, ...history.value].slice(0, MOST)
  write()
}

export function forgetAll(): void {
  history.value = []
  write()
}

/** The values without those that are secret by their name. */
export function withoutSecrets(values: Values): Values {
  return Object.fromEntries(Object.entries(values).filter(([name]) => !SECRET.test(name)))
}

/** Values for the address; '' when they are too long for one. */
export function valuesText(values: Values): string {
  const text = writeJson(withoutSecrets(values), 0)
  return text.length <= LONGEST ? text : ''
}

/** Values from the address, or null for none. */
export function valuesOf(text: string): Values | null {
  try {
    const values = readJson(text)
    return typeof values === 'object' && values !== null && !Array.isArray(values) ? (values as Values) : null
  } catch {
    return null
  }
}
