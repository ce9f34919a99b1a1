// Two languages, one set of keys: `Messages` is the shape of the Chinese file, and the English one must have it. Only
// the language that is shown is fetched: `speak` must have ended once before anything is drawn.
import { computed, ref, shallowReactive, watchEffect } from 'vue'

import type { zh } from './zh'

export type Language = 'zh' | 'en'
export type MessageKey = keyof typeof zh
export type Messages = Record<MessageKey, string>

const REMEMBERED = 'gongzhong.language'
const LOAD: Record<Language, () => Promise<Messages>> = {
  zh: async () => (await import('./zh')).zh,
  en: async () => (await import('./en')).en,
}
const catalogues = shallowReactive<Partial<Record<Language, Messages>>>({})

function remembered(): Language {
  return localStorage.getItem(REMEMBERED) === 'en' ? 'en' : 'zh'
}

export const language = ref<Language>(remembered())

watchEffect(() => {
  localStorage.setItem(REMEMBERED, language.value)
  document.documentElement.lang = language.value === 'zh' ? 'zh-CN' : 'en'
})

/** Fetch the words of a language and show the pages in it. */
export async function speak(chosen: Language): Promise<void> {
  catalogues[chosen] ??= await LOAD[chosen]()
  language.value = chosen
}

const messages = computed(() => {
  const words = catalogues[language.value]
  if (!words) throw new Error('no words yet: await speak() first')
  return words
})

/** The message in the current language; `{name}` is filled from `values`. */
export function t(key: MessageKey, values: Record<string, string | number> = {}): string {
  return messages.value[key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole))
}
