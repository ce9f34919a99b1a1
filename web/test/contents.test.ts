import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { defineComponent, h } from 'vue'
import { beforeEach, describe, expect, it } from 'vitest'

import type { ChatItem } from '../src/api/types'
import ChatLine from '../src/phone/ChatLine.vue'
import { PhoneState, providePhone } from '../src/phone/phoneState'
import { provideSession, Session } from '../src/store/session'
import { line } from './made'
import { PlatformStub, world } from './platformStub'

let stub: PlatformStub
let session: Session
let phone: PhoneState

beforeEach(async () => {
  stub = new PlatformStub()
  stub.answers['GET state'] = world()
  stub.answers['GET people/alice/chats/wx1'] = { items: [], menu: null, typing: false }
  stub.answers['POST people/alice/say'] = { items: [] }
  session = new Session(stub.api)
  await session.refresh()
  phone = new PhoneState(session)
})

function show(change: object): VueWrapper {
  const item: ChatItem = line(1, change)
  const Around = defineComponent({
    setup() {
      providePhone(phone)
      return () => h('div', { class: 'phone' }, h(ChatLine, { item, time: '', account: session.account.value! }))
    },
  })
  return mount(Around, { global: { plugins: [{ install: (app) => provideSession(app, session) }] } })
}

const get = (view: VueWrapper, testid: string): ReturnType<VueWrapper['get']> => view.get(`[data-testid="${testid}"]`)

describe('chat lines', () => {
  it('never turn text into markup', () => {
    const view = show({ content: '<img src=x onerror=alert(1)> <script>1</script>' })
    expect(view.find('img, script').exists()).toBe(false)
    expect(view.text()).toContain('<script>1</script>')
  })

  it('open links in the phone', async () => {
    const view = show({ content: '<a href="http://a.cn/1">看</a>' })
    await get(view, 'text-link').trigger('click')
    expect(phone.web.value).toBe('http://a.cn/1')
  })

  it('say what a menu link stands for', async () => {
    const view = show({ content: '<a href="weixin://bizmsgmenu?msgmenucontent=门店&msgmenuid=7">看门店</a>' })
    await get(view, 'menu-link').trigger('click')
    await flushPromises()
    expect(stub.bodies('POST people/alice/say')).toEqual([{ appid: 'wx1', type: 'text', content: '门店', msgmenu_id: '7' }])
  })

  it('let an option of a menu message be chosen', async () => {
    const view = show({ type: 'msgmenu', head: '满意吗', list: [{ id: '101', content: '满意' }], tail: '谢谢' })
    expect(view.text()).toContain('满意吗')
    await get(view, 'msgmenu-option-101').trigger('click')
    await flushPromises()
    expect(stub.bodies('POST people/alice/say')).toEqual([{ appid: 'wx1', type: 'text', content: '满意', msgmenu_id: '101' }])
  })

  it('show several articles, each of which opens', async () => {
    const articles = ['a', 'b', 'c'].map((name) => ({ title: name, description: '', url: `http://a.cn/${name}`, picurl: '' }))
    const view = show({ type: 'news', articles })
    const shown = view.findAll('[data-testid="article"]')
    expect(shown.map((article) => article.text())).toEqual(['a', 'b', 'c'])
    await shown[2]!.trigger('click')
    expect(phone.web.value).toBe('http://a.cn/c')
  })

  it('show a single article with its description', () => {
    const view = show({ type: 'news', articles: [{ title: '标题', description: '说明', url: '', picurl: '' }] })
    expect(view.text()).toBe('标题说明')
  })

  it('show a template message line by line, and open its page', async () => {
    const view = show({ type: 'template', via: 'template', title: '支付成功', lines: [{ label: '金额', value: '¥5' }], url: 'https://a.cn/o' })
    expect(view.text()).toContain('金额¥5')
    await get(view, 'template-card').trigger('click')
    expect(phone.web.value).toBe('https://a.cn/o')
  })

  it('say where a message stands that reached somebody who does not follow', () => {
    const view = show({ type: 'template', title: '取号', lines: [{ label: '', value: '到您了' }], note: '服务通知' })
    expect(get(view, 'template-note').text()).toBe('服务通知')
  })

  it('offer no details for a template message without a page', () => {
    const view = show({ type: 'template', title: '提醒', lines: [] })
    expect(view.find('button[data-testid="template-card"]').exists()).toBe(false)
    expect(view.text()).toBe('提醒')
  })

  it('show places, links, music, Mini Programs and cards', () => {
    expect(get(show({ type: 'location', latitude: 31.23, longitude: 121.47, scale: 16, label: '人民广场' }), 'location-card').text()).toContain('人民广场')
    expect(get(show({ type: 'link', title: '入门', description: '三个变量', url: 'https://a.cn' }), 'link-card').text()).toContain('三个变量')
    expect(get(show({ type: 'music', title: '下午', description: '', url: 'https://a.cn/m.mp3', thumb_url: '' }), 'music-card').text()).toContain('下午')
    expect(get(show({ type: 'miniprogrampage', title: '点单' }), 'miniprogram-card').text()).toContain('点单')
    expect(get(show({ type: 'wxcard', card_id: 'pFS7' }), 'wxcard').text()).toContain('pFS7')
  })

  it("show WeChat's own lines in grey, the failure too", () => {
    const view = show({ side: 'system', via: 'platform', type: 'failure', content: '该公众号提供的服务出现故障，请稍后再试' })
    expect(get(view, 'failure-line').text()).toBe('该公众号提供的服务出现故障，请稍后再试')
  })

  it('name the agent who answers', () => {
    expect(show({ via: 'customer', content: '您好', kf: '店长' }).text()).toContain('店长')
  })

  it('refuse pages that WeChat would not open', () => {
    phone.openWeb('javascript:alert(1)')
    expect(phone.web.value).toBeNull()
    expect(session.notices.list.at(-1)?.bad).toBe(true)
  })
})

it('a page that a friend passed on names the friend and opens', async () => {
  const shared = { type: 'link', side: 'system', title: '好东西', description: '', url: 'http://shop.test/', sharer: '小波' }
  const view = show(shared)
  expect(get(view, 'shared-page').text()).toContain('小波')
  await get(view, 'link-card').trigger('click')
  expect(phone.web.value).toBe('http://shop.test/')
})
