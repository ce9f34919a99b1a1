// Answers the control API from memory, inside Vite: `npm run dev:mock` and `npm run preview` need no platform.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Connect, Plugin } from 'vite'

import type { Account, ChatItem, Saying, World } from '../src/api/types'
import { accounts, detailOf, exchange, found, menu, people, place, rowOf, story, type Draft } from './world.ts'

const BASE = '/_platform/'
const HOUR = 3600
const items: ChatItem[] = story.map((draft, at) => place(draft, at + 1, accounts[0]!.appid, 'alice'))
const listeners = new Set<ServerResponse>()
const clock = { shift: 0, frozenAt: null as number | null }
let seq = 1000

function now(): { now: number; frozen: boolean } {
  const running = Date.now() / 1000 + clock.shift
  return { now: clock.frozenAt ?? running, frozen: clock.frozenAt !== null }
}

function tell(name: string, data: unknown): void {
  for (const listener of listeners) listener.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`)
}

function add(draft: Draft, appid: string, name: string): ChatItem {
  const item = { ...place(draft, ++seq, appid, name), time: now().now }
  items.push(item)
  tell('chat', item)
  return item
}

function picture(wide: boolean): string {
  const [width, height] = wide ? [705, 300] : [480, 640]
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}"><defs><linearGradient id="g" x2="1" y2="1"><stop stop-color="#c98b5a"/><stop offset="1" stop-color="#4a2c1d"/></linearGradient></defs><rect width="100%" height="100%" fill="url(#g)"/><circle cx="50%" cy="55%" r="110" fill="#f4e6d4"/><circle cx="50%" cy="55%" r="88" fill="#6d3f24"/><path d="M${width / 2 - 30} ${height * 0.55}q30-50 60 0q-30 50-60 0" fill="#f4e6d4"/></svg>`
}

function media(response: ServerResponse, id: string): void {
  if (id === 'voice') {
    response.setHeader('Content-Type', 'audio/amr')
    response.end(Buffer.concat([Buffer.from('#!AMR\n'), Buffer.alloc(350, 0x7c)]))
    return
  }
  response.setHeader('Content-Type', 'image/svg+xml')
  response.end(picture(id === 'wide'))
}

function say(name: string, body: Saying & { appid: string }): { items: ChatItem[] } {
  const { appid, file, filename, msgmenu_id, ...said } = body
  void [filename, msgmenu_id]
  const draft = { side: 'person', via: 'message', ...said, ...(file ? { media_id: 'photo', url: `${BASE}media/${said.type === 'voice' ? 'voice' : 'photo'}` } : {}) }
  const item = add(draft as unknown as Draft, appid, name)
  tell('typing', { person: name, appid, on: true })
  setTimeout(() => {
    tell('typing', { person: name, appid, on: false })
    add({ side: 'account', via: 'passive', type: 'text', content: said.content ? `你说：${said.content}` : '收到！' }, appid, name)
    tellRow(++seq, { appid, person: name, cost_ms: 41.3 })
  }, 700)
  return { items: [item] }
}

function follow(name: string, appid: string, on: boolean): { items: ChatItem[] } {
  people.find((person) => person.name === name)!.accounts[appid]!.subscribed = on
  tell('state', {})
  const content = on ? '你已关注这个公众号' : '你已取消关注这个公众号'
  return { items: [add({ side: 'system', via: 'platform', type: 'event', content }, appid, name)] }
}

function tap(path: number[]): object {
  const top = menu.button[path[0]!]!
  const button = path.length > 1 ? top.sub_button![path[1]!]! : top
  return button.url ? { items: [], open: button.url } : { items: [] }
}

function moveClock(body: { advance?: number; freeze?: boolean }): object {
  if (body.freeze === true) clock.frozenAt = now().now
  if (body.freeze === false && clock.frozenAt !== null) {
    clock.shift = clock.frozenAt - Date.now() / 1000
    clock.frozenAt = null
  }
  if (clock.frozenAt !== null) clock.frozenAt += body.advance ?? 0
  else clock.shift += body.advance ?? 0
  tell('clock', now())
  return now()
}

function state(): World {
  return { clock: now(), accounts, people, failed_jobs: [], version: '0.1.0' }
}

const QUOTA = { calls: ['/cgi-bin/token', '/cgi-bin/message/template/send', '/cgi-bin/user/info', '/cgi-bin/menu/create'].map((path, at) => ({ path, daily: [2000, 100_000, 5_000_000, 1000][at]!, used: [12, 4021, 0, 1000][at]! })) }

function tellRow(number: number, change: Parameters<typeof exchange>[1] = {}): void {
  tell('rows', { log: 'mock', rows: [rowOf(exchange(number, { time: now().now, ...change }))] })
}

type Answer = (match: string[], body: any, query: URLSearchParams) => unknown
const ROUTES: [string, RegExp, Answer][] = [
  ['GET', /^state$/, state],
  ['GET', /^clock$/, now],
  ['POST', /^clock$/, (_, body) => moveClock(body)],
  ['POST', /^reset$/, () => (tell('state', {}), {})],
  ['GET', /^rows$/, (_, __, query) => found(Number(query.get('before')), Number(query.get('after')))],
  ['GET', /^rows\/(\d+)$/, ([, number]) => detailOf(Number(number))],
  ['POST', /^rows\/(\d+)\/code$/, () => ({ curl: 'curl http://127.0.0.1:8700/', cli: 'gongzhong resend 1', python: '', python_async: '', test: '' })],
  ['POST', /^rows\/(\d+)\/resend$/, () => (tellRow(++seq), { ok: true, zh: '已回复', en: 'replied', entries: [seq], row: seq })],
  ['POST', /^accounts$/, (_, body: Account) => (accounts.push({ ...accounts[0]!, ...body, appid: `wx${Date.now()}`, url: '' }), accounts.at(-1))],
  ['PATCH', /^accounts\/(\w+)$/, ([, appid], body) => Object.assign(accounts.find((one) => one.appid === appid)!, body)],
  ['POST', /^accounts\/(\w+)\/credentials$/, ([, appid]) => ({ appid, secret: 'f00dcafe'.repeat(4), token: 'mocktoken', aes_key: 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG', encryption: 'safe' })],
  ['POST', /^accounts\/(\w+)\/url$/, (_, { token = 'mocktoken' }) => ({ ok: token.length > 5, zh: token.length > 5 ? '配置成功' : 'token 验证失败：签名不一致，请检查程序里的 Token', en: token.length > 5 ? 'verified and saved' : 'signature mismatch: check the Token of your program', seq: 1 })],
  ['GET', /^accounts\/(\w+)\/menu$/, () => menu],
  ['GET', /^accounts\/(\w+)\/quota$/, () => QUOTA],
  ['GET', /^accounts\/(\w+)\/desk$/, () => ({ enabled: true, agents: [], waiting: [], sessions: [] })],
  ['GET', /^accounts\/(\w+)\/alarms$/, () => ({ alarms: [{ time: now().now - HOUR, type: 'timeout', text: 'Appid: wx1a2b3c4d5e6f7081\n错误描述: 微信服务器向公众号推送消息或事件后，5 秒内没有收到回复\n错误次数: 5 分钟 31 次' }] })],
  ['GET', /^accounts\/(\w+)\/qrcodes$/, () => ({ codes: [{ ticket: 'gQH47joAAAAAAAAAASxodHRw', url: 'http://weixin.qq.com/q/02aB', scene: 'vip', expires_at: null }] })],
  ['GET', /^accounts\/(\w+)\/program$/, ([, appid]) => ({ url: accounts.find((one) => one.appid === appid)!.url, listening: true })],
  ['GET', /^page$/, () => ({ status: 200, problem: '', forbids: '' })],
  ['GET', /^accounts\/(\w+)\/subscriptions$/, () => ({ templates: [{ template_id: 't1', title: '下单提醒' }] })],
  ['GET', /^faults$/, () => ({ faults: [{ id: 1, side: 'api', kind: 'errcode', appid: '', target: '/cgi-bin/message/custom/send', rate: 0.3, errcode: -1, status: 502, delay_s: 1, times: null, hits: 4 }] })],
  ['GET', /^snapshots$/, () => ({ snapshots: [{ name: '下单前', now: now().now - HOUR, saved_at: now().now - HOUR }] })],
  ['GET', /^recording$/, () => ({ running: false, appid: null, length: 0 })],
  ['GET', /^trigger$/, () => ({ events: [{ name: 'subscribe', zh: '关注', en: 'follow' }, { name: 'TEMPLATESENDJOBFINISH', zh: '模板消息送达结果', en: 'template message result' }] })],
  ['POST', /^trigger$/, () => (tellRow(++seq), { ok: true, zh: '正常', en: 'ok' })],
  ['POST', /^people$/, (_, body) => (people.push({ headimgurl: '', ...body, accounts: {} }), people.at(-1))],
  ['POST', /^people\/([^/]+)\/say$/, ([, name], body) => say(name!, body)],
  ['POST', /^people\/([^/]+)\/follow$/, ([, name], body) => follow(name!, body.appid, true)],
  ['POST', /^people\/([^/]+)\/unfollow$/, ([, name], body) => follow(name!, body.appid, false)],
  ['POST', /^people\/([^/]+)\/tap$/, (_, body) => tap(body.path)],
  ['POST', /^people\/([^/]+)\/enter$/, () => ({ items: [] })],
  ['POST', /^people\/([^/]+)\/scan$/, (_, body) => (body.url ? { items: [], open: body.url } : { items: [], appid: accounts[0]!.appid, event: 'SCAN' })],
  ['GET', /^people\/([^/]+)\/chats\/(\w+)$/, ([, name, appid], _, query) => ({ items: items.filter((item) => item.person === name && item.appid === appid && item.seq > Number(query.get('after'))), menu: appid === accounts[0]!.appid ? menu : { button: [] }, typing: false })],
]

async function read(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return parts.length ? JSON.parse(Buffer.concat(parts).toString()) : {}
}

function stream(request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' })
  response.write(': ready\n\n')
  listeners.add(response)
  request.on('close', () => listeners.delete(response))
}

async function serve(request: IncomingMessage, response: ServerResponse, next: Connect.NextFunction): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost')
  if (!url.pathname.startsWith(BASE) || url.pathname.startsWith(`${BASE}pages/`)) return next()
  const path = decodeURIComponent(url.pathname.slice(BASE.length))
  if (path === 'events') return stream(request, response)
  if (path.startsWith('media/')) return media(response, path.slice('media/'.length))
  if (path === 'browse') {
    response.setHeader('Content-Type', 'text/html; charset=utf-8')
    response.end('<title>会员中心</title><body style="font:17px system-ui;padding:32px;text-align:center"><h2>会员中心</h2><p>积分 1,280</p></body>')
    return
  }
  const body = await read(request)
  response.setHeader('Content-Type', 'application/json')
  for (const [method, pattern, answer] of ROUTES) {
    const match = method === request.method && pattern.exec(path)
    if (match) return void response.end(JSON.stringify(answer([...match], body, url.searchParams)))
  }
  response.statusCode = 404
  response.end(JSON.stringify({ error: { zh: `没有这个接口：${path}`, en: `no such call: ${path}` } }))
}

export function mockPlatform(): Plugin {
  const use = (server: { middlewares: Connect.Server }): void => {
    server.middlewares.use((request, response, next) => void serve(request, response, next).catch(next))
  }
  return { name: 'mock-platform', configureServer: use, configurePreviewServer: use }
}
