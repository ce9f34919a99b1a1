// A small made-up world for working on the pages without a platform: every kind of chat line, a menu, some traffic.
import type { Account, ChatItem, Found, Menu, Person, Row, RowDetail, Traffic } from '../src/api/types'
import { account } from './account'

type Unplaced<Item> = Item extends ChatItem ? Omit<Item, 'seq' | 'time' | 'appid' | 'person'> : never
export type Draft = Unplaced<ChatItem>

const START = Date.UTC(2026, 10, 23, 3, 0) / 1000

export const accounts: Account[] = [
  account('小鹿咖啡', 'wx1a2b3c4d5e6f7081', { description: '每天一杯好咖啡，从一颗豆子开始。' }),
  account('城市晚报', 'wx90817263544f3e2d', { kind: 'subscription' }),
  account('开发测试', 'wx5555aaaa6666bbbb', { kind: 'test', verified: false, encryption: 'plain', url: '' }),
]

function person(name: string, nickname: string, follows: number[]): Person {
  const ties = accounts.map((one, at) => [
    one.appid,
    { openid: `o${name}_${at}_7hG2kQ9xLmVb`, subscribed: follows.includes(at), unionid: null },
  ])
  return { name, nickname, headimgurl: '', sex: 0, language: 'zh_CN', closed: false, accounts: Object.fromEntries(ties) as Person['accounts'] }
}

export const people: Person[] = [person('alice', '林小雨', [0, 1]), person('bob', 'Bob', [0])]

export const menu: Menu = {
  button: [
    { type: 'click', name: '今日推荐', key: 'TODAY' },
    {
      name: '服务',
      sub_button: [
        { type: 'view', name: '我的订单', url: 'http://127.0.0.1:8000/orders' },
        { type: 'scancode_waitmsg', name: '扫码取餐', key: 'PICKUP' },
        { type: 'location_select', name: '附近门店', key: 'NEARBY' },
        { type: 'pic_sysphoto', name: '拍照晒单', key: 'PHOTO' },
      ],
    },
    { type: 'view', name: '会员中心', url: 'http://127.0.0.1:8000/member' },
  ],
}

const mine = { side: 'person', via: 'message' } as const
const passive = { side: 'account', via: 'passive' } as const
const customer = { side: 'account', via: 'customer' } as const
const system = { side: 'system', via: 'platform' } as const

export const story: Draft[] = [
  { ...system, type: 'event', content: '你已关注小鹿咖啡' },
  { ...passive, type: 'text', content: '欢迎来到小鹿咖啡 [咖啡]🦌\n点 <a href="http://127.0.0.1:8000/coupon">领取新人券</a>，或者<a href="weixin://bizmsgmenu?msgmenucontent=附近门店&msgmenuid=7">看看附近门店</a>。' },
  { ...mine, type: 'text', content: '你好，今天有什么推荐？/::)' },
  { ...passive, type: 'news', articles: [{ title: '秋天的第一杯桂花拿铁，明天上市', description: '新鲜桂花与云南豆的相遇，前 100 名半价。', url: 'http://127.0.0.1:8000/a/1', picurl: '/_platform/media/wide' }] },
  { ...mine, type: 'image', media_id: 'photo', url: '/_platform/media/photo' },
  { ...mine, type: 'voice', media_id: 'voice', url: '/_platform/media/voice' },
  { ...customer, type: 'text', content: '收到照片了，拉花真漂亮！', kf: '店长小鹿' },
  { ...customer, type: 'msgmenu', head: '这次服务您满意吗？', list: [{ id: '101', content: '满意' }, { id: '102', content: '不满意' }], tail: '感谢您的反馈' },
  { ...mine, type: 'location', latitude: 31.230416, longitude: 121.473701, scale: 16, label: '上海市黄浦区人民广场' },
  { ...mine, type: 'link', title: '手冲咖啡入门：水温、粉水比与时间', description: '三个变量决定一杯咖啡。', url: 'https://example.com/coffee' },
  { ...passive, type: 'music', title: '咖啡馆的下午', description: '小鹿歌单 · 第 12 期', url: '/_platform/media/music', thumb_url: '' },
  { side: 'account', via: 'template', type: 'template', title: '订单支付成功', lines: [{ label: '商品', value: '桂花拿铁（大杯）× 2' }, { label: '金额', value: '¥56.00' }, { label: '取餐号', value: 'A108' }, { label: '备注', value: '请在 15 分钟内到店取餐' }], url: 'http://127.0.0.1:8000/orders/1' },
  { side: 'account', via: 'mass', type: 'news', articles: [{ title: '一颗咖啡豆的旅行：从保山到上海', description: '', url: 'http://127.0.0.1:8000/a/2', picurl: '/_platform/media/wide' }, { title: '会员日：积分翻倍', description: '', url: 'http://127.0.0.1:8000/a/3', picurl: '/_platform/media/photo' }, { title: '招聘：我们在找喜欢咖啡的你', description: '', url: 'http://127.0.0.1:8000/a/4', picurl: '' }] },
  { ...customer, type: 'miniprogrampage', title: '小鹿点单：到店不排队', miniprogram: { appid: 'wxabcdabcdabcdabcd', pagepath: 'pages/index' }, thumb_url: '/_platform/media/photo' },
  { ...customer, type: 'wxcard', card_id: 'pFS7Fjg8kV1IdDz01r4SQwMkuCKc', title: '满 30 减 5 代金券' },
  { ...mine, type: 'text', content: '查一下 https://example.com/orders?id=42 这个订单' },
  { ...system, type: 'failure', content: '该公众号提供的服务出现故障，请稍后再试' },
]

export function place(draft: Draft, seq: number, appid: string, name: string): ChatItem {
  return { ...draft, seq, time: START + seq * 47, appid, person: name } as ChatItem
}

const ENVELOPE = '<xml>\n<ToUserName><![CDATA[gh_1a2b3c4d5e6f]]></ToUserName>\n<Encrypt><![CDATA[7QmKX0c1vN3t…4f8=]]></Encrypt>\n</xml>'

export function exchange(seq: number, change: Partial<Traffic>): Traffic {
  return {
    seq,
    time: START + seq * 31,
    kind: 'push',
    appid: accounts[0]!.appid,
    title: '文本消息 text',
    person: 'alice',
    openid: 'oalice_0_7hG2kQ9xLmVb',
    attempt: 1,
    of: 3,
    request: { method: 'POST', bytes: 300, url: 'http://127.0.0.1:8000/wechat?signature=9f2c…&timestamp=1795402800&nonce=38213&encrypt_type=aes&msg_signature=51d0…', headers: { 'content-type': 'text/xml', 'user-agent': 'Mozilla/4.0' }, body: ENVELOPE },
    decrypted: '<xml><ToUserName><![CDATA[gh_1a2b3c4d5e6f]]></ToUserName><FromUserName><![CDATA[oalice_0_7hG2kQ9xLmVb]]></FromUserName><CreateTime>1795402800</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[你好，今天有什么推荐？]]></Content><MsgId>24261840000000001</MsgId></xml>',
    response: { status: 200, bytes: 200, headers: { 'content-type': 'application/xml' }, body: ENVELOPE },
    response_decrypted: '<xml><ToUserName><![CDATA[oalice_0_7hG2kQ9xLmVb]]></ToUserName><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[欢迎]]></Content></xml>',
    verdict: { ok: true, class: 'ok', zh: '回复已送达', en: 'the reply was delivered' },
    cost_ms: 38,
    rid: null,
    errcode: null,
    fault: null,
    ...change,
  }
}

const api = { kind: 'api', attempt: null, of: null, decrypted: null, response_decrypted: null } as const

export const traffic: Traffic[] = [
  exchange(1, { kind: 'verify', title: '验证 URL', attempt: null, of: null, decrypted: null, response_decrypted: null, verdict: { ok: true, class: 'ok', zh: '配置成功', en: 'verified and saved' }, cost_ms: 12 }),
  exchange(2, { title: '关注 subscribe' }),
  exchange(3, { ...api, title: 'POST /cgi-bin/stable_token', cost_ms: 3, request: { method: 'POST', bytes: 300, url: '/cgi-bin/stable_token', headers: { 'content-type': 'application/json' }, body: '{"grant_type":"client_credential","appid":"wx1a2b3c4d5e6f7081","secret":"f00dca…"}' }, response: { status: 200, bytes: 200, headers: { 'content-type': 'application/json' }, body: '{"access_token":"86_h2K…","expires_in":7200}' } }),
  exchange(4, {}),
  exchange(5, { ...api, title: 'POST /cgi-bin/message/template/send', errcode: 43004, rid: '6741-2b7f-19c4', cost_ms: 2, verdict: { ok: false, class: 'errcode', zh: '43004：需要接收者关注', en: '43004: the recipient must follow the account' }, request: { method: 'POST', bytes: 300, url: '/cgi-bin/message/template/send?access_token=86_h2K…', headers: { 'content-type': 'application/json' }, body: '{"touser":"obob_0","template_id":"Tm1","data":{"amount":{"value":"¥56.00"}}}' }, response: { status: 200, bytes: 200, headers: { 'content-type': 'application/json' }, body: '{"errcode":43004,"errmsg":"require subscribe rid: 6741-2b7f-19c4"}' } }),
  exchange(6, { title: '菜单点击 CLICK', attempt: 1, verdict: { ok: false, class: 'timeout', zh: '5 秒内没有回复，微信会重试', en: 'no answer within 5 seconds: WeChat tries again' }, response: null, response_decrypted: null, cost_ms: 5000 }),
  exchange(7, { title: '菜单点击 CLICK', attempt: 2, cost_ms: 1210 }),
]

/** An exchange as a row of its own. */
export function rowOf(one: Traffic): Row {
  const state = one.verdict.ok ? 'ok' : 'bad'
  return {
    number: one.seq,
    kind: one.kind,
    appid: one.appid,
    time: one.time,
    title: one.title,
    person: one.person ?? '',
    openid: one.openid ?? '',
    words: [{ role: 'did', zh: one.title, en: one.title }],
    state,
    result: { zh: one.errcode ? String(one.errcode) : one.verdict.ok ? 'ok' : '失败', en: one.errcode ? String(one.errcode) : one.verdict.ok ? 'ok' : 'failed' },
    errcode: one.errcode ?? 0,
    cost_ms: one.cost_ms,
    bars: [{ start: 0, length: one.cost_ms, state }],
    attempts: 1,
    of: 1,
    cause: null,
    fault: one.fault,
    lines: [],
    until: 0,
    lookup: false,
  }
}

export function found(before: number, after: number): Found {
  const rows = traffic.filter((one) => one.seq > after && (!before || one.seq < before)).map(rowOf).reverse()
  return { log: 'mock', rows, more: false, before: 0, last: traffic.at(-1)?.seq ?? 0, older: 0 }
}

export function detailOf(number: number): RowDetail {
  const one = traffic.find((known) => known.seq === number) ?? exchange(number, {})
  const nothing = { zh: '', en: '' }
  return {
    row: rowOf(one),
    explained: { tone: one.verdict.ok ? 'ok' : 'bad', headline: { zh: one.verdict.zh, en: one.verdict.en }, cause: nothing, fix: nothing, fault: null },
    exchanges: [one],
    seals: [null],
    body: typeof one.decrypted === 'string' ? one.decrypted : '',
    cause: null,
    caused: [],
  }
}
