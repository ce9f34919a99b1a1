import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { defineComponent, h, type Component } from 'vue'
import { beforeEach, describe, expect, it } from 'vitest'

import CallbackForm from '../src/account/CallbackForm.vue'
import Credentials from '../src/account/Credentials.vue'
import { randomText } from '../src/account/randomText'
import InputBar from '../src/phone/InputBar.vue'
import { PhoneState, providePhone } from '../src/phone/phoneState'
import { provideSession, Session } from '../src/store/session'
import { PlatformStub, world } from './platformStub'

let stub: PlatformStub
let session: Session

beforeEach(async () => {
  stub = new PlatformStub()
  stub.answers['GET state'] = world()
  stub.answers['GET people/alice/chats/wx1'] = { items: [], menu: null, typing: false }
  session = new Session(stub.api)
  await session.refresh()
})

function show(component: Component, props: object): VueWrapper {
  const Around = defineComponent({
    setup() {
      providePhone(new PhoneState(session))
      return () => h(component, props)
    },
  })
  return mount(Around, { global: { plugins: [{ install: (app) => provideSession(app, session) }] } })
}

const get = (view: VueWrapper, testid: string): ReturnType<VueWrapper['get']> => view.get(`[data-testid="${testid}"]`)

describe('the message box', () => {
  it('sends with Enter and empties itself', async () => {
    stub.answers['POST people/alice/say'] = { items: [] }
    const box = get(show(InputBar, { hasMenu: false }), 'message-input')
    await box.setValue('你好')
    await box.trigger('keydown.enter')
    await flushPromises()
    expect(stub.bodies('POST people/alice/say')).toEqual([{ appid: 'wx1', type: 'text', content: '你好' }])
    expect((box.element as HTMLTextAreaElement).value).toBe('')
  })

  it('leaves Enter to the input method and to new lines', async () => {
    const box = get(show(InputBar, { hasMenu: false }), 'message-input')
    await box.setValue('nihao')
    await box.trigger('keydown.enter', { isComposing: true })
    await box.trigger('keydown.enter', { shiftKey: true })
    expect(stub.bodies('POST people/alice/say')).toEqual([])
  })

  it('gives the text back when it could not be sent', async () => {
    const box = get(show(InputBar, { hasMenu: false }), 'message-input')
    await box.setValue('重要的话')
    await box.trigger('keydown.enter')
    await flushPromises()
    expect((box.element as HTMLTextAreaElement).value).toBe('重要的话')
    expect(session.notices.list.at(-1)?.bad).toBe(true)
  })
})

describe('server configuration', () => {
  it('submits the form and shows what the verification said', async () => {
    stub.answers['POST accounts/wx1/url'] = { ok: false, zh: 'token 验证失败', en: 'wrong token', seq: 3 }
    const view = show(CallbackForm, { account: session.account.value })
    expect(get(view, 'callback-token').attributes('required')).toBeUndefined()
    await get(view, 'callback-url').setValue('http://127.0.0.1:8000/wx')
    await get(view, 'callback-random-key').trigger('click')
    await get(view, 'callback-mode-safe').setValue(true)
    await view.get('form').trigger('submit')
    await flushPromises()
    expect(stub.bodies('POST accounts/wx1/url')).toEqual([
      { url: 'http://127.0.0.1:8000/wx', aes_key: expect.stringMatching(/^[A-Za-z0-9]{43}$/), encryption: 'safe' },
    ])
    expect(get(view, 'callback-result').text()).toContain('token 验证失败')
  })

  it('shows the present Token and key when asked to', async () => {
    stub.answers['POST accounts/wx1/credentials'] = { appid: 'wx1', secret: 's', token: 'tok', aes_key: 'k', encryption: 'plain' }
    const view = show(CallbackForm, { account: session.account.value })
    expect((get(view, 'callback-token').element as HTMLInputElement).value).toBe('')
    await get(view, 'callback-show').trigger('click')
    await flushPromises()
    expect((get(view, 'callback-token').element as HTMLInputElement).value).toBe('tok')
    expect((get(view, 'callback-aes-key').element as HTMLInputElement).value).toBe('k')
  })

  it('makes keys that are never the same', () => {
    expect(randomText(43)).not.toBe(randomText(43))
  })
})

describe('credentials', () => {
  it('keep the secret out of the page until it is asked for', async () => {
    stub.answers['POST accounts/wx1/credentials'] = { appid: 'wx1', secret: 'topsecret', token: 'tok', aes_key: '', encryption: 'plain' }
    const view = show(Credentials, { account: session.account.value })
    expect(stub.bodies('POST accounts/wx1/credentials')).toHaveLength(0)
    await get(view, 'secret-show').trigger('click')
    await flushPromises()
    expect(get(view, 'secret').text()).toBe('topsecret')
    await get(view, 'secret-show').trigger('click')
    expect(view.html()).not.toContain('topsecret')
  })
})
