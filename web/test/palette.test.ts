import { describe, expect, it } from 'vitest'

import { account } from '../mock/account'
import type { Coverage } from '../src/api/types'
import { candidates, find, type Known } from '../src/shell/palette'

const coverage: Coverage = {
  endpoints: [
    { group: 'template', verb: 'POST', path: '/cgi-bin/message/template/send', name: 'SendTemplate', zh: '发送模板消息', en: 'Send a template message', kit: 'typed', platform: 'behaviour' },
    { group: 'draft', verb: 'POST', path: '/cgi-bin/draft/add', name: 'AddDraft', zh: '新增草稿', en: 'Add a draft', kit: 'typed', platform: 'behaviour' },
  ],
  pushes: [{ kind: 'event', name: 'TEMPLATESENDJOBFINISH', cls: 'TemplateSent', zh: '模板消息发送结果', en: 'Result of a template message', made_by: [] }],
  codes: [
    { code: 40001, zh: 'AppSecret 错误', en: 'wrong AppSecret', given: 'behaviour' },
    { code: 45009, zh: '调用超过限额', en: 'over the quota', given: 'behaviour' },
  ],
}
const known: Known = {
  pages: [{ name: 'quotas', title: '额度 · 权限 · 告警', group: '公众号' }],
  people: [{ name: 'alice', nickname: '小雨', headimgurl: '', sex: 0, language: 'zh_CN', closed: false, accounts: {} }],
  accounts: [account('小鹿', 'wx1')],
  entries: [{ seq: 24, title: '小雨 说「客服」', detail: 'alice 45009' }],
  coverage,
}
const keys = (typed: string): string[] => find(candidates(known, 'zh'), typed).map(({ kind, key }) => `${kind} ${key}`)

describe('what is found', () => {
  it.each([
    ['', ['page quotas', 'person alice', 'account wx1']],
    ['小雨', ['person alice', 'entry 24']],
    ['template send', ['call POST /cgi-bin/message/template/send', 'push event TEMPLATESENDJOBFINISH']],
    ['add a draft', ['call POST /cgi-bin/draft/add']],
    ['45009', ['code 45009', 'entry 24']],
    ['#24', ['entry 24']],
    ['nothing like it', []],
  ])('for “%s”', (typed, expected) => {
    expect(keys(typed)).toEqual(expected)
  })

  it('leads to the place with what it is about in the address', () => {
    expect(find(candidates(known, 'en'), 'quota')[0]!.to).toEqual({ page: 'quotas', params: {} })
    expect(find(candidates(known, 'en'), 'wrong appsecret')[0]!.to).toEqual({ page: 'codes', params: { q: '40001' } })
    expect(find(candidates(known, 'en'), '小鹿')[0]!.to).toEqual({ page: 'config', params: { account: 'wx1' } })
  })

  it('is limited for each kind', () => {
    const codes = Array.from({ length: 300 }, (_, at) => ({ ...coverage.codes[0]!, code: 50_000 + at }))
    const found = find(candidates({ ...known, coverage: { ...coverage, codes } }, 'zh'), '50')
    expect(found.filter(({ kind }) => kind === 'code')).toHaveLength(8)
  })
})
