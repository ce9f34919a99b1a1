import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, it } from 'vitest'

import { isUsed, scopeSelector } from '../scope-weui'

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

it.each([
  ['.weui-btn_primary:active', true],
  ['.weui-cells:before', true],
  ['.weui-cell .weui-input', true],
  ['.weui-btn-area .weui-btn', false],
  ['.weui-half-screen-dialog', false],
  ['[class^="weui-icon-"]', false],
])('%s is kept: %s', (selector, kept) => {
  expect(isUsed(selector)).toBe(kept)
})

it('keeps every class that a template uses', () => {
  const folder = join(process.cwd(), 'src')
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.vue'))
  const classes = files.flatMap((name) => readFileSync(join(folder, name), 'utf8').match(/(?<=[\s"'])weui-[\w-]+/g) ?? [])
  expect(classes.length).toBeGreaterThan(10)
  expect([...new Set(classes)].filter((name) => !isUsed(`.${name}`))).toEqual([])
})
