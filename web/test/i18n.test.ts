import { nextTick } from 'vue'
import { afterEach, describe, expect, it } from 'vitest'

import { language, t } from '../src/i18n'
import { en } from '../src/i18n/en'
import { zh } from '../src/i18n/zh'

const holes = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map((hole) => hole[0]).sort()

afterEach(() => {
  language.value = 'zh'
})

describe('messages', () => {
  it('have the same keys in both languages', () => {
    expect(Object.keys(en).sort()).toEqual(Object.keys(zh).sort())
  })

  it.each(Object.keys(zh) as (keyof typeof zh)[])('%s is filled in both languages with the same values', (key) => {
    expect(zh[key]).not.toBe('')
    expect(en[key]).not.toBe('')
    expect(holes(en[key])).toEqual(holes(zh[key]))
  })

  it('follow the language and remember it', async () => {
    expect(t('rows.attempt', { number: 2 })).toBe('第 2 次')
    language.value = 'en'
    await nextTick()
    expect(t('rows.attempt', { number: 2 })).toBe('Attempt 2')
    expect(localStorage.getItem('gongzhong.language')).toBe('en')
    expect(document.documentElement.lang).toBe('en')
  })
})
