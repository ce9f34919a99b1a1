// The phone's side of the JS-SDK: what a page may, and what the person's answers come to.
import { beforeEach, describe, expect, it, vi } from 'vitest'

import type { FromPhone, Params, Result } from '../src/jweixin/protocol'
import { PageHost } from '../src/phone/page/pageHost'
import { PhoneState } from '../src/phone/phoneState'
import { Session } from '../src/store/session'
import { PlatformStub, world } from './platformStub'

const ORIGIN = 'http://shop.test'
const CONFIG = { appId: 'wx1', url: `${ORIGIN}/goods` }
const ROUTE = 'POST people/alice/jssdk'
const GRANTED = { errMsg: 'config:ok', reason: null, apis: ['chooseWXPay', 'uploadImage', 'scanQRCode', 'startRecord', 'stopRecord', 'hideMenuItems', 'updateTimelineShareData'], denied: ['addCard'], unknown: [], openTags: ['wx-open-subscribe'] }

let stub: PlatformStub
let told: FromPhone[]
let host: PageHost

beforeEach(async () => {
  stub = new PlatformStub()
  const there = world()
  const bob = { ...there.people[0]!, name: 'bob', nickname: '小波' }
  stub.answers['GET state'] = { ...there, people: [...there.people, bob] }
  stub.answers['GET people/alice/chats/wx1'] = { items: [], menu: { button: [] }, typing: false }
  stub.answers[`${ROUTE}/config`] = GRANTED
  stub.answers[`${ROUTE}/share`] = { title: 'T' }
  const session = new Session(stub.api, vi.fn())
  session.personName.value = 'alice'
  session.appid.value = 'wx1'
  await session.refresh()
  told = []
  host = new PageHost(session, new PhoneState(session), (message) => told.push(message), vi.fn())
  await host.hear({ gongzhong: 'hello', id: 'p', page: CONFIG.url }, ORIGIN)
})

async function ask(api: string, params: Params = {}, origin = ORIGIN): Promise<Result> {
  told = []
  await host.hear({ gongzhong: 'jssdk', id: '1', api, params }, origin)
  return (told.at(-1) as { result: Result }).result
}

const ready = (): Promise<Result> => ask('config', CONFIG)

describe('the title', () => {
  it('of a page without the script stays when it is loaded, and goes with it', async () => {
    host.loaded()
    await host.hear({ gongzhong: 'title', title: '商店', url: 'http://shop.test/' }, ORIGIN)
    expect(host.loaded()).toBe(false)
    expect(host.menu.title.value).toBe('商店')
    host.loaded()
    expect(host.menu.title.value).toBe('')
  })
})

describe('what a page may', () => {
  it('nothing before wx.config', async () => {
    expect((await ask('scanQRCode')).errMsg).toBe('scanQRCode:fail, the permission value is offline verifying')
  })

  it('nothing in the name of another page', async () => {
    expect((await ask('config', CONFIG, 'http://thief.test')).errMsg).toBe('config:fail')
    expect(stub.bodies(`${ROUTE}/config`)).toEqual([])
  })

  it.each([
    ['addCard', 'addCard:permission denied'],
    ['getLocation', 'getLocation:fail, the permission value is offline verifying'],
    ['constructor', 'constructor:function not exist'],
    ['startSearchBeacons', 'startSearchBeacons:fail, the permission value is offline verifying'],
  ])('%s: %s', async (api, errMsg) => {
    await ready()
    expect((await ask(api)).errMsg).toBe(errMsg)
  })

  it('checkJsApi always, once it is configured', async () => {
    await ready()
    expect((await ask('checkJsApi', { jsApiList: ['addCard', 'fly'] }))['checkResult']).toEqual({ addCard: true, fly: false })
  })

  it('nothing in a snapshot, and nothing any more after another page came', async () => {
    await ready()
    host.snapshot.value = '/full'
    expect((await ask('hideMenuItems')).errMsg).toBe('hideMenuItems:permission denied')
    host.snapshot.value = null
    host.loaded()
    expect((await ask('hideMenuItems', { menuList: [] })).errMsg).toBe('hideMenuItems:ok')
    host.loaded()
    expect((await ask('hideMenuItems')).errMsg).toContain('offline verifying')
  })
})

describe('what the person answers', () => {
  it.each([
    [true, 'chooseWXPay:ok'],
    [null, 'chooseWXPay:cancel'],
  ])('%s becomes %s', async (answer, errMsg) => {
    await ready()
    const result = ask('chooseWXPay')
    host.questions.answer(answer)
    expect((await result).errMsg).toBe(errMsg)
  })

  it('one question comes after the other; a page that goes takes its questions along', async () => {
    await ready()
    await host.hear({ gongzhong: 'debug', text: '{"errMsg":"config:ok"}' }, ORIGIN)
    const paid = ask('chooseWXPay')
    expect(host.questions.current.value).toMatchObject({ lines: ['{"errMsg":"config:ok"}'] })
    host.questions.answer(true)
    await vi.waitFor(() => expect(host.questions.current.value).toMatchObject({ title: '微信支付' }))
    host.leave()
    expect((await paid).errMsg).toBe('chooseWXPay:cancel')
    expect(host.questions.current.value).toBeNull()
  })

  it('a code chosen by its ticket is read as its text', async () => {
    await ready()
    stub.answers['GET accounts/wx1/qrcodes'] = { codes: [{ ticket: 'gQ1', url: 'http://weixin.qq.com/q/1', scene: '1', expires_at: null }] }
    const result = ask('scanQRCode', { needResult: 1 })
    host.questions.answer('gQ1')
    expect(await result).toEqual({ errMsg: 'scanQRCode:ok', resultStr: 'http://weixin.qq.com/q/1' })
  })

  it('some notices are taken and others not', async () => {
    await ready()
    stub.answers['GET accounts/wx1/subscriptions'] = { templates: [{ template_id: 'a', title: 'A' }, { template_id: 'b', title: 'B' }] }
    stub.answers['POST people/alice/subscribe-notice'] = { events: [] }
    const result = ask('openTag', { tag: 'wx-open-subscribe', attributes: { template: 'a, b' } })
    await vi.waitFor(() => expect(host.questions.current.value).not.toBeNull())
    host.questions.answer(['b'])
    const { errMsg, subscribeDetails } = await result
    expect(errMsg).toBe('subscribe:ok')
    expect(JSON.parse(String(subscribeDetails))).toEqual({ a: '{"status":"reject"}', b: '{"status":"accept"}' })
    expect(stub.bodies('POST people/alice/subscribe-notice')).toEqual([{ appid: 'wx1', accept: ['b'], reject: ['a'] }])
  })
})

describe('files', () => {
  it('travel to the platform as base64', async () => {
    await ready()
    stub.answers[`${ROUTE}/upload`] = { server_id: 's1' }
    expect(await ask('uploadImage', { file: new Blob(['hi']) })).toEqual({ errMsg: 'uploadImage:ok', serverId: 's1' })
    expect(stub.bodies(`${ROUTE}/upload`)).toEqual([{ appid: 'wx1', kind: 'image', file: 'aGk=' }])
  })

  it('that the page does not have, or the platform refuses, fail with the reason', async () => {
    await ready()
    expect((await ask('uploadImage', { localId: 'blob:x' })).errMsg).toBe('uploadImage:fail, 没有这个 localId：blob:x')
    expect((await ask('uploadImage', { file: new Blob(['hi']) })).errMsg).toMatch(/^uploadImage:fail, 没有/)
  })

  it('a voice is as long as it was recorded, and recording ends by itself', async () => {
    vi.useFakeTimers()
    await ready()
    const started = ask('startRecord')
    host.questions.answer(true)
    await started
    vi.advanceTimersByTime(3000)
    const stopped = (await ask('stopRecord'))['file'] as Blob
    expect(stopped.size).toBe('#!AMR\n'.length + 3 * 50)
    expect((await ask('stopRecord')).errMsg).toBe('stopRecord:fail, 没有在录音')
    await ask('startRecord')
    vi.advanceTimersByTime(60_250)
    vi.useRealTimers()
    const ended = told.find((message) => message.gongzhong === 'jssdk-event')
    expect(ended?.gongzhong === 'jssdk-event' && ended.event).toBe('onVoiceRecordEnd')
  })
})

describe('the menu', () => {
  it('hides what the page hides, but never the basic items', async () => {
    await ready()
    await ask('hideMenuItems', { menuList: ['menuItem:share:timeline', 'menuItem:copyUrl', 'menuItem:refresh'] })
    expect(host.menu.targets.value).toEqual(['friend'])
    expect([host.menu.copies.value, host.menu.opensOutside.value]).toEqual([false, true])
  })

  it('shares what the page said, and tells it', async () => {
    await ready()
    await ask('updateTimelineShareData', { title: 'T', link: 'http://shop.test/x', imgUrl: 'http://shop.test/i.png' })
    expect(host.menu.targets.value).toEqual(['friend', 'timeline', 'qzone'])
    await host.share('timeline')
    expect(stub.bodies(`${ROUTE}/share`)).toEqual([
      { appid: 'wx1', target: 'timeline', to: '', page: CONFIG.url, title: 'T', description: '', link: 'http://shop.test/x', picture: 'http://shop.test/i.png' },
    ])
    expect(told.at(-1)).toMatchObject({ event: 'onMenuShareTimeline', result: { errMsg: 'onMenuShareTimeline:ok' } })
  })

  it('asks which friend; nobody means cancelled', async () => {
    const sharing = host.share('friend')
    expect(host.questions.current.value).toMatchObject({ choices: [{ id: 'bob', label: '小波' }] })
    host.questions.answer(null)
    await sharing
    expect(told.at(-1)).toMatchObject({ result: { errMsg: 'onMenuShareAppMessage:cancel' } })
    expect(stub.bodies(`${ROUTE}/share`)).toEqual([])
  })
})
