// Light, dark, or as the system has it; remembered by this browser.
import { ref, watchEffect } from 'vue'

const REMEMBERED = 'gongzhong.theme'
export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

function remembered(): Theme {
  return THEMES.find((one) => one === localStorage.getItem(REMEMBERED)) ?? 'system'
}

export const theme = ref<Theme>(remembered())

watchEffect(() => {
  localStorage.setItem(REMEMBERED, theme.value)
  if (theme.value === 'system') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = theme.value
})
