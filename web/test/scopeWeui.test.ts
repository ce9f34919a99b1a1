import { expect, it } from 'vitest'

import { scopeSelector } from '../scope-weui'

it.each([
  ['body', '.wx-root'],
  ['html', '.wx-root'],
  ["body[data-weui-theme='dark']", ".wx-root[data-weui-theme='dark']"],
  [".wx-root:not([data-weui-theme='light'])", ".wx-root:not([data-weui-theme='light'])"],
  ['*', '.wx-root *'],
  ['.weui-btn', '.wx-root .weui-btn'],
  ['page-like', '.wx-root page-like'],
])('%s becomes %s', (selector, scoped) => {
  expect(scopeSelector(selector)).toBe(scoped)
})
