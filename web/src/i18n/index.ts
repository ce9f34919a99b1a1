// Two languages, one set of keys: `Messages` is the shape of the Chinese file, and the English one must have it.
import { computed, ref, watchEffect } from 'vue'

import { en } from './en'
import { zh } from './zh'

export type Language = 'zh' | 'en'
export type MessageKey = keyof typeof zh
export type Messages = Record<MessageKey, string>

const REMEMBERED = 'gongzhong.language'
const CATALOGUES: Record<Language, Messages> = { zh, en }

function remembered(): Language {
  return localStorage.getItem(REMEMBERED) === 'en' ? 'en' : 'zh'
}

export const language = ref<Language>(remembered())

watchEffect(() => {
  localStorage.setItem(REMEMBERED, language.value)
  document.documentElement.lang = language.value === 'zh' ? 'zh-CN' : 'en'
})

const messages = computed(() => CATALOGUES[language.value])

/** The message in the current language; `{name}` is filled from `values`. */
export function t(key: MessageKey, values: Record<string, string | number> = {}): string {
  return messages.value[key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole))
}
