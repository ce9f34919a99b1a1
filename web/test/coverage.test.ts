import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { beforeEach, describe, expect, it } from 'vitest'

import type { Coverage } from '../src/api/types'
import CoveragePage from '../src/coverage/CoveragePage.vue'
import { matching, rowsOf } from '../src/coverage/rows'
import { provideSession, Session } from '../src/store/session'
import { PlatformStub } from './platformStub'

const told: Coverage = {
  endpoints: [
    { group: 'menus', verb: 'POST', path: '/cgi-bin/menu/create', name: 'CreateMenu', zh: '创建自定义菜单', en: 'Make the menu', kit: 'typed', platform: 'behaviour' },
    { group: 'card', verb: 'POST', path: '/card/create', name: 'CardCreate', zh: '创建卡券', en: 'create a card', kit: 'listed', platform: 'fallback' },
    { group: 'base', verb: 'GET', path: '/cgi-bin/getcallbackip', name: 'GetCallbackAddresses', zh: '微信推送服务器 IP', en: 'addresses', kit: 'typed', platform: 'constant' },
    { group: 'wifi', verb: 'POST', path: '/bizwifi/shop/list', name: 'BizwifiShopList', zh: '获取门店', en: 'stores', kit: 'listed', platform: 'retired' },
  ],
  pushes: [
    { kind: 'event', name: 'subscribe', cls: 'Subscribe', zh: '关注', en: 'follow', made_by: ['acts.follow'] },
    { kind: 'event', name: 'annual_renew', cls: 'AnnualRenew', zh: '年审', en: 'renewal', made_by: [] },
  ],
  codes: [
    { code: 40001, zh: '凭证无效', en: 'invalid credential', given: 'behaviour' },
    { code: 89503, zh: '等待管理员确认', en: 'wait for the administrator', given: 'fault' },
    { code: 9001001, zh: '', en: 'invalid POST', given: 'no' },
  ],
}

describe('rows', () => {
  it('have a state for everything', () => {
    expect(rowsOf(told, 'endpoints').map((row) => row.state)).toEqual(['behaviour', 'fallback', 'constant', 'retired'])
    expect(rowsOf(told, 'pushes').map((row) => [row.state, row.detail])).toEqual([
      ['behaviour', 'acts.follow'],
      ['trigger', 'AnnualRenew'],
    ])
    expect(rowsOf(told, 'codes').map((row) => [row.state, row.zh])).toEqual([
      ['given', '凭证无效'],
      ['fault', '等待管理员确认'],
      ['known', 'invalid POST'],
    ])
  })

  it('are found by any of their words, and by state', () => {
    const rows = rowsOf(told, 'endpoints')
    expect(matching(rows, ' 卡券 ', null).map((row) => row.name)).toEqual(['/card/create'])
    expect(matching(rows, 'LISTED', null)).toHaveLength(2)
    expect(matching(rows, '', 'retired').map((row) => row.name)).toEqual(['/bizwifi/shop/list'])
    expect(matching(rows, '菜单', 'retired')).toEqual([])
  })
})

describe('the page', () => {
  let view: VueWrapper

  beforeEach(async () => {
    const stub = new PlatformStub()
    stub.answers['GET coverage'] = told
    const session = new Session(stub.api)
    view = mount(CoveragePage, { global: { plugins: [{ install: (app) => provideSession(app, session) }] } })
    await flushPromises()
  })

  const names = (): (string | undefined)[] => view.findAll('[data-testid="coverage-row"]').map((row) => row.attributes('data-name'))
  const press = (testid: string): Promise<void> => view.get(`[data-testid="${testid}"]`).trigger('click')

  it('shows endpoints first, then what is asked for', async () => {
    expect(names()).toHaveLength(4)
    await press('coverage-pushes')
    expect(names()).toEqual(['subscribe', 'annual_renew'])
    await press('coverage-codes')
    expect(names()).toEqual(['40001', '89503', '9001001'])
  })

  it('filters by state and lets go of it with the view', async () => {
    await press('coverage-state-fallback')
    expect(names()).toEqual(['/card/create'])
    await press('coverage-state-fallback')
    expect(names()).toHaveLength(4)
    await press('coverage-state-retired')
    await press('coverage-pushes')
    expect(names()).toHaveLength(2)
  })

  it('says what each mark means', async () => {
    const legend = (): number => view.findAll('[data-testid="coverage-legend"] dt').length
    expect(legend()).toBe(4)
    await press('coverage-codes')
    expect(legend()).toBe(3)
  })

  it('says when nothing is found', async () => {
    await view.get('[data-testid="coverage-search"]').setValue('nothing of the kind')
    expect(names()).toEqual([])
    expect(view.text()).toMatch(/没有符合的|Nothing/)
  })
})
