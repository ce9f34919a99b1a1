// The logic of the interface debugging tool: finding calls, schemas in one language, what is remembered and what is not.
import { beforeEach, describe, expect, it } from 'vitest'

import { forgetAll, history, remember, valuesOf, valuesText, withoutSecrets, type Past } from '../src/debug/history'
import { found, typeOf, worded, type Group } from '../src/debug/search'
import { WORDS } from '../src/debug/words'

const entry = (name: string, zh: string, en: string, detail: string) => ({ name, zh, en, detail, gone: false })
const GROUPS: Group[] = [
  { name: 'tags', zh: '用户标签管理', en: 'Tags', entries: [entry('CreateTag', '创建标签', 'Make a tag', '/cgi-bin/tags/create')] },
  { name: 'menus', zh: '自定义菜单', en: 'Custom menus', entries: [entry('CreateMenu', '创建菜单', 'Replace the menu', '/cgi-bin/menu/create')] },
]

describe('finding a call', () => {
  it.each(['创建标签', 'make TAG', 'tags/create', 'createtag', '标签 create'])('goes by %s', (text) => {
    expect(found(GROUPS, text).flatMap((group) => group.entries.map((one) => one.name))).toEqual(['CreateTag'])
  })

  it('shows everything without words, and nothing that does not fit', () => {
    expect(found(GROUPS, ' ')).toHaveLength(2)
    expect(found(GROUPS, 'tags menu')).toEqual([])
  })
})

describe('a schema in one language', () => {
  const schema = {
    type: 'object',
    description: 'for readers of the code',
    properties: { description: { type: 'string', description: 'code', 'x-words': { zh: '描述', en: 'what it is' } }, plain: { type: 'string', description: 'code' } },
    $defs: { Part: { type: 'object', description: 'code', properties: { a: { 'x-words': { zh: '甲', en: 'A' } } } } },
  }

  it('has the remarks as descriptions, and a field called description stays a field', () => {
    expect(worded(schema, 'zh')).toEqual({
      type: 'object',
      properties: { description: { type: 'string', description: '描述' }, plain: { type: 'string' } },
      $defs: { Part: { type: 'object', properties: { a: { description: '甲' } } } },
    })
    expect(worded(schema, 'en').properties.description.description).toBe('what it is')
  })

  it('names types shortly', () => {
    expect(typeOf({ type: 'array', items: { $ref: '#/$defs/gongzhong.catalogue.Tag' } }, {})).toBe('Tag[]')
    expect(typeOf({ anyOf: [{ type: 'string' }, { type: 'null' }] }, {})).toBe('string')
  })
})

describe('history', () => {
  const past = (call: string, values: Record<string, unknown> = {}): Past => ({ call, title: { zh: call, en: call }, target: 'platform', appid: 'wx1', values, at: 1, code: 0, ok: true })
  beforeEach(forgetAll)

  it('keeps the last thirty, the newest first, over a reload', () => {
    for (let at = 0; at < 40; at++) remember(past(`Call${at}`))
    expect(history.value).toHaveLength(30)
    expect(history.value[0]!.call).toBe('Call39')
    expect(JSON.parse(localStorage.getItem('gongzhong.debug.history')!)).toHaveLength(30)
  })

  it('keeps no token, secret or code, neither itself nor in the address', () => {
    const values = { access_token: 'a', refresh_token: 'b', code: 'c', appsecret: 'd', openid: 'o' }
    expect(withoutSecrets(values)).toEqual({ openid: 'o' })
    remember(past('GetWebUser', values))
    expect(history.value[0]!.values).toEqual({ openid: 'o' })
    expect(valuesOf(valuesText(values))).toEqual({ openid: 'o' })
  })

  it('keeps large numbers exact in the address, and leaves out what is too long', () => {
    expect(valuesText({ msg_id: 24261840000000020n })).toBe('{"msg_id":24261840000000020}')
    expect(valuesOf('{"msg_id":24261840000000020}')).toEqual({ msg_id: 24261840000000020n })
    expect(valuesText({ content: 'x'.repeat(2000) })).toBe('')
    expect(valuesOf('nonsense')).toBeNull()
  })
})

it('says everything in both languages with the same values', () => {
  const holes = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map((hole) => hole[0]).sort()
  for (const [key, [zh, en]] of Object.entries(WORDS)) {
    expect(zh, key).not.toBe('')
    expect(holes(en), key).toEqual(holes(zh))
  }
})
