import { afterEach, beforeEach, expect, it } from 'vitest'

import { language } from '../src/i18n'
import { complaint, wordForms } from '../src/ui/validation'

function field(html: string): HTMLInputElement {
  document.body.innerHTML = `<form>${html}</form>`
  return document.querySelector('input')!
}

let stop: () => void
beforeEach(() => (stop = wordForms()))
afterEach(() => {
  stop()
  language.value = 'zh'
})

it.each([
  ['<input required>', '请填写这一项', 'Please fill in this field'],
  ['<input type="url" value="shop">', '请填写完整的网址，以 http:// 或 https:// 开头', 'Give the whole address, beginning with http:// or https://'],
  ['<input type="number" min="3" value="1">', '不能小于 3', 'Not less than 3'],
  ['<input type="number" max="3" value="9">', '不能大于 3', 'Not more than 3'],
  ['<input pattern="[a-z]+" value="9">', '格式不对', 'This has not the right form'],
])('says in the language of the pages what is wrong with %s', (html, zh, en) => {
  expect(complaint(field(html))).toBe(zh)
  language.value = 'en'
  expect(complaint(field(html))).toBe(en)
})

it('says it where the browser shows it, and takes it back as soon as one writes', () => {
  const input = field('<input required>')
  input.dispatchEvent(new Event('invalid', { cancelable: true }))
  expect(input.validationMessage).toBe('请填写这一项')
  input.value = 'x'
  input.dispatchEvent(new Event('input', { bubbles: true }))
  expect(input.validity.valid).toBe(true)
})
