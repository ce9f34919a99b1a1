import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { beforeEach, describe, expect, it, vi } from 'vitest'

import type { Desk } from '../src/api/types'
import DeskPage from '../src/desk/DeskPage.vue'
import { provideSession, Session } from '../src/store/session'
import { PlatformStub, world } from './platformStub'
import { giveSizes } from './sizes'

const ANNA = { kf_account: 'anna@deer', nickname: '安娜', headimgurl: '', kf_wx: 'alice', online: true, auto_accept: 0, invitation: null }
const BO = { ...ANNA, kf_account: 'bo@deer', nickname: '小波' }
const SERVED = { person: 'alice', openid: 'o1', kf_account: 'anna@deer', since: 1_790_000_000, forwards: true }
const WAITING = { person: 'alice', openid: 'o1', since: 1_790_000_000, latest: 1_790_000_000, text: '人工' }

let stub: PlatformStub
let session: Session

beforeEach(async () => {
  giveSizes()
  history.replaceState(null, '', '#/simulate/desk?agent=anna@deer&served=alice')
  dispatchEvent(new HashChangeEvent('hashchange'))
  stub = new PlatformStub()
  stub.answers['GET state'] = world()
  stub.answers['GET people/alice/chats/wx1'] = {
    items: [{ seq: 1, time: 1, appid: 'wx1', person: 'alice', side: 'person', via: 'message', type: 'text', content: '您好' }],
    menu: null,
    typing: false,
  }
  session = new Session(stub.api)
  await session.refresh()
})

async function show(desk: Partial<Desk>): Promise<VueWrapper> {
  stub.answers['GET accounts/wx1/desk'] = { enabled: true, agents: [ANNA, BO], waiting: [], sessions: [], ...desk }
  const view = mount(DeskPage, { global: { plugins: [{ install: (app) => provideSession(app, session) }] } })
  await flushPromises()
  return view
}

const get = (view: VueWrapper, testid: string): ReturnType<VueWrapper['get']> => view.get(`[data-testid="${testid}"]`)

describe('the agent desk', () => {
  it('takes somebody from the queue as the chosen agent', async () => {
    stub.answers['POST accounts/wx1/desk/accept'] = {}
    const view = await show({ waiting: [WAITING] })
    await get(view, 'agent-bo@deer').trigger('click')
    await get(view, 'take-alice').trigger('click')
    await flushPromises()
    expect(stub.bodies('POST accounts/wx1/desk/accept')).toEqual([{ kf_account: 'bo@deer', person: 'alice' }])
  })

  it('shows what was said and answers in the name of the agent', async () => {
    stub.answers['POST accounts/wx1/desk/say'] = {
      seq: 2, time: 2, appid: 'wx1', person: 'alice', side: 'account', via: 'customer', type: 'text', content: '请讲', kf: '安娜',
    }
    const view = await show({ sessions: [SERVED] })
    await get(view, 'desk-message').setValue('请讲')
    await get(view, 'desk-message').trigger('keydown.enter')
    await flushPromises()
    expect(stub.bodies('POST accounts/wx1/desk/say')).toEqual([{ kf_account: 'anna@deer', person: 'alice', content: '请讲' }])
    await vi.waitFor(() => expect(view.findAll('[data-testid="desk-line"]')).toHaveLength(2))
    expect(view.findAll('[data-testid="desk-line"] p').map((line) => line.text())).toEqual(['您好', '请讲'])
    expect((get(view, 'desk-message').element as HTMLTextAreaElement).value).toBe('')
  })

  it('keeps the words when they could not be sent', async () => {
    const view = await show({ sessions: [SERVED] })
    await get(view, 'desk-message').setValue('重要的话')
    await get(view, 'desk-send').trigger('submit')
    await flushPromises()
    expect((get(view, 'desk-message').element as HTMLTextAreaElement).value).toBe('重要的话')
  })

  it('hands a session on, and ends it', async () => {
    stub.answers['POST accounts/wx1/desk/switch'] = {}
    stub.answers['POST accounts/wx1/desk/close'] = {}
    const view = await show({ sessions: [SERVED] })
    view.getComponent({ name: 'Menu' }).vm.$emit('choose', 'bo@deer')
    await get(view, 'desk-end').trigger('click')
    await flushPromises()
    expect(stub.bodies('POST accounts/wx1/desk/switch')).toEqual([{ kf_account: 'anna@deer', person: 'alice', to: 'bo@deer' }])
    expect(stub.bodies('POST accounts/wx1/desk/close')).toEqual([{ kf_account: 'anna@deer', person: 'alice' }])
  })

  it('says when messages go to the server again', async () => {
    const view = await show({ sessions: [{ ...SERVED, forwards: false }] })
    expect(get(view, 'desk-chat').text()).toContain('30 分钟')
  })

  it('cannot take anybody as an agent that nobody works as', async () => {
    const invited = { ...ANNA, kf_wx: '', online: false, invitation: { invite_wx: 'alice', expires_at: 0, status: 'waiting' as const } }
    stub.answers['POST people/alice/invitation'] = {}
    const view = await show({ agents: [invited], waiting: [WAITING] })
    expect(get(view, 'take-alice').attributes('disabled')).toBeDefined()
    await get(view, 'invitation-agree').trigger('click')
    await flushPromises()
    expect(stub.bodies('POST people/alice/invitation')).toEqual([{ appid: 'wx1', kf_account: 'anna@deer', accept: true }])
  })

  it('adds an agent', async () => {
    stub.answers['POST accounts/wx1/desk/agents'] = {}
    const view = await show({ agents: [] })
    await get(view, 'agent-new').trigger('click')
    const dialog = document.querySelector('[data-testid="agent-dialog"]') ? document : view.element
    const input = (id: string): HTMLInputElement => dialog.querySelector(`[data-testid="${id}"]`)!
    input('agent-prefix').value = 'carl'
    input('agent-prefix').dispatchEvent(new Event('input'))
    input('agent-nickname').value = '卡尔'
    input('agent-nickname').dispatchEvent(new Event('input'))
    input('agent-save').closest('form')!.dispatchEvent(new Event('submit'))
    await flushPromises()
    expect(stub.bodies('POST accounts/wx1/desk/agents')).toEqual([{ prefix: 'carl', nickname: '卡尔', person: 'alice' }])
  })
})
