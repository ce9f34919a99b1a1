// The script inside a page, against a phone that is played here.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { atLeast } from '../src/jweixin/apis'
import { Bridge } from '../src/jweixin/bridge'
import { install, type Page } from '../src/jweixin/install'
import { outcome, type FromPhone, type Params, type Result, type ToPhone } from '../src/jweixin/protocol'

type Wx = Record<string, (options?: unknown) => void>

/** A page's window with a phone as its parent, and the phone's answers. */
class PagePlay {
  readonly heard: ToPhone[] = []
  readonly answers: Record<string, (params: Params) => Result> = {}
  readonly window: Page
  private readonly listeners: ((event: { source: unknown; data: FromPhone }) => void)[] = []
  private readonly parent = { postMessage: (message: ToPhone) => this.listen(message) }

  constructor(inside = true) {
    const listeners = this.listeners
    this.window = new Proxy(window, {
      get: (target, name) => {
        if (name === 'parent') return inside ? this.parent : this.window
        if (name === 'addEventListener') {
          return (event: string, listener: (typeof listeners)[number]) => event === 'message' && listeners.push(listener)
        }
        if (name === 'define') return undefined
        const value: unknown = Reflect.get(target, name)
        return typeof value === 'function' && name === 'setTimeout' ? value.bind(target) : value
      },
    }) as unknown as Page
  }

  tell(data: FromPhone, source: unknown = this.parent): void {
    for (const listener of this.listeners) listener({ source, data })
  }

  api(name: string): Params | undefined {
    const call = this.heard.find((one) => one.gongzhong === 'jssdk' && one.api === name)
    return call?.gongzhong === 'jssdk' ? call.params : undefined
  }

  private listen(message: ToPhone): void {
    this.heard.push(message)
    if (message.gongzhong === 'hello') this.tell({ gongzhong: 'hello', id: message.id })
    if (message.gongzhong !== 'jssdk') return
    const answer = this.answers[message.api]
    if (answer) this.tell({ gongzhong: 'jssdk-result', id: message.id, result: answer(message.params) })
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve))

function installed(page: PagePlay, address = 'http://p/open/js/jweixin-1.6.0.js'): Wx {
  install(page.window, address)
  return (window as unknown as { wx: Wx }).wx
}

let page: PagePlay
let wx: Wx

beforeEach(() => {
  page = new PagePlay()
  page.answers['config'] = () => ({ errMsg: 'config:ok', openTags: [] })
  wx = installed(page)
})

afterEach(() => {
  document.body.innerHTML = ''
})

describe('config', () => {
  it('says ready, also to those who ask later', async () => {
    const [early, late, failed] = [vi.fn(), vi.fn(), vi.fn()]
    wx['ready']!(early)
    wx['error']!(failed)
    wx['config']!({ appId: 'wx1', debug: true })
    await settled()
    wx['ready']!(late)
    expect([early, late].map((one) => one.mock.calls.length)).toEqual([1, 1])
    expect(failed).not.toHaveBeenCalled()
    expect(page.api('config')).toEqual({ appId: 'wx1', url: location.href })
    expect(page.heard).toContainEqual({ gongzhong: 'debug', text: '{"errMsg":"config:ok"}' })
  })

  it('says what is wrong, and tells developers why', async () => {
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
    page.answers['config'] = () => ({ errMsg: 'config:invalid signature', reason: { zh: '过期', en: 'expired' } })
    const [ready, failed] = [vi.fn(), vi.fn()]
    wx['ready']!(ready)
    wx['config']!({})
    await settled()
    wx['error']!(failed)
    expect(ready).not.toHaveBeenCalled()
    expect(failed).toHaveBeenCalledWith({ errMsg: 'config:invalid signature' })
    expect(warned.mock.calls[0]![0]).toContain('expired')
    warned.mockRestore()
  })

  it('fails outside of the phone', async () => {
    const outside = new PagePlay(false)
    const failed = vi.fn()
    const alone = installed(outside)
    alone['error']!(failed)
    alone['config']!({})
    await settled()
    expect(failed.mock.calls[0]![0]).toMatchObject({ errMsg: expect.stringContaining('open this page in WeChat') as string })
  })

  it('fails inside a frame that is no phone', async () => {
    const stranger = { parent: { postMessage: vi.fn() }, addEventListener: vi.fn(), location, navigator } as unknown as Window
    const bridge = new Bridge(stranger, vi.fn(), 1)
    expect((await bridge.call('config', {})).errMsg).toBe('config:fail, open this page in WeChat: in the phone')
  })
})

describe('calls', () => {
  it.each([
    ['scanQRCode:ok', 'success'],
    ['scanQRCode:cancel', 'cancel'],
    ['scanQRCode:fail, the permission value is offline verifying', 'fail'],
    ['scanQRCode:permission denied', 'fail'],
  ] as const)('%s calls %s, then complete', async (errMsg, name) => {
    const called: string[] = []
    page.answers['scanQRCode'] = () => ({ errMsg, resultStr: 'x' })
    const callbacks = Object.fromEntries(['success', 'cancel', 'fail', 'complete'].map((one) => [one, () => called.push(one)]))
    wx['scanQRCode']!({ needResult: 1, ...callbacks })
    await settled()
    expect(called).toEqual([name, 'complete'])
    expect(page.api('scanQRCode')).toEqual({ needResult: 1 })
    expect(outcome({ errMsg })).toBe(name)
  })

  it('gives pictures an address, and hands the bytes back for uploading', async () => {
    const picture = new Blob(['bytes'], { type: 'image/png' })
    const chosen = vi.fn<(result: Result & { localIds: string[] }) => void>()
    page.answers['chooseImage'] = () => ({ errMsg: 'chooseImage:ok', files: [picture], sourceType: 'album' })
    page.answers['uploadImage'] = () => ({ errMsg: 'uploadImage:ok', serverId: 's1' })
    page.answers['getLocalImgData'] = () => ({ errMsg: 'getLocalImgData:ok' })
    wx['chooseImage']!({ success: chosen })
    await settled()
    const [localId] = chosen.mock.calls[0]![0].localIds
    expect(localId).toMatch(/^blob:/)
    expect(chosen.mock.calls[0]![0]).not.toHaveProperty('files')
    wx['uploadImage']!({ localId })
    const read = await new Promise<Params>((success) => wx['getLocalImgData']!({ localId, success }))
    expect(page.api('uploadImage')).toEqual({ localId, file: picture })
    expect(read['localData']).toBe('data:image/png;base64,Ynl0ZXM=')
  })

  it('waits for what happens later, as often as it happens', async () => {
    const [ended, shared, tapped] = [vi.fn(), vi.fn(), vi.fn()]
    page.answers['onVoiceRecordEnd'] = () => ({ errMsg: 'onVoiceRecordEnd:ok' })
    page.answers['onMenuShareTimeline'] = () => ({ errMsg: 'onMenuShareTimeline:ok' })
    wx['onVoiceRecordEnd']!({ complete: ended })
    wx['onMenuShareTimeline']!({ title: 'T', success: shared, trigger: tapped })
    await settled()
    expect([ended, shared].map((one) => one.mock.calls.length)).toEqual([0, 0])
    const voice = new Blob(['#!AMR'])
    page.tell({ gongzhong: 'jssdk-event', event: 'onVoiceRecordEnd', result: { errMsg: 'onVoiceRecordEnd:ok', file: voice } })
    const result = { errMsg: 'onMenuShareTimeline:ok' }
    page.tell({ gongzhong: 'jssdk-event', event: 'onMenuShareTimeline', result: { ...result, triggered: true } })
    for (let round = 0; round < 2; round++) page.tell({ gongzhong: 'jssdk-event', event: 'onMenuShareTimeline', result })
    await settled()
    expect(ended.mock.calls[0]![0]).toMatchObject({ localId: expect.stringMatching(/^blob:/) as string })
    expect(shared).toHaveBeenCalledTimes(2)
    expect(tapped).toHaveBeenCalledOnce()
  })

  it('listens to the phone only', async () => {
    const called = vi.fn()
    wx['getNetworkType']!({ complete: called })
    await settled()
    const call = page.heard.at(-1) as { id: string }
    page.tell({ gongzhong: 'jssdk-result', id: call.id, result: { errMsg: 'getNetworkType:ok' } }, window)
    await settled()
    expect(called).not.toHaveBeenCalled()
  })

  it('says so when something cannot travel', async () => {
    const failed = vi.fn()
    wx['openLocation']!({ latitude: 1, inner: undefined, fail: failed })
    vi.spyOn(page.window.parent, 'postMessage').mockImplementation(() => {
      throw new Error('DataCloneError')
    })
    wx['openLocation']!({ fail: failed })
    await settled()
    expect(failed.mock.calls[0]![0]).toEqual({ errMsg: 'openLocation:fail, Error: DataCloneError' })
  })
})

describe('versions', () => {
  it('older scripts lack the newer functions', () => {
    const old = installed(new PagePlay(), '/open/js/jweixin-1.2.0.js')
    expect([typeof old['updateTimelineShareData'], typeof old['onMenuShareTimeline']]).toEqual(['undefined', 'function'])
    expect(typeof installed(new PagePlay(), '/open/js/jweixin-1.4.0.js')['updateTimelineShareData']).toBe('function')
  })

  it.each([
    ['1.6.0', '1.6.0', true],
    ['1.10.0', '1.6.0', true],
    ['1.3.2', '1.4.0', false],
    ['2.0.0', '1.9.9', true],
  ])('%s is at least %s: %s', (version, wanted, expected) => {
    expect(atLeast(version, wanted)).toBe(expected)
  })
})

describe('open tags', () => {
  it('are refused with an event when they are not listed', async () => {
    const refused = vi.fn()
    document.addEventListener('WeixinOpenTagsError', refused, { once: true })
    page.answers['config'] = () => ({ errMsg: 'config:ok', openTags: ['wx-open-launch-app'] })
    wx['config']!({ openTagList: ['wx-open-launch-app', 'wx-open-audio'] })
    await settled()
    const event = refused.mock.calls[0]![0] as CustomEvent<Result>
    expect(event.detail.errMsg).toContain('wx-open-audio')
    expect(event.detail.errMsg).not.toContain('launch-app')
  })
})
