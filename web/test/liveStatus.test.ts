import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { beforeEach, expect, it } from 'vitest'

import AlarmList from '../src/account/AlarmList.vue'
import LiveStatus from '../src/shell/LiveStatus.vue'
import { provideSession, Session } from '../src/store/session'
import { PlatformStub, world } from './platformStub'

let stub: PlatformStub
let session: Session

async function begin(url: string): Promise<void> {
  stub = new PlatformStub()
  const state = world()
  stub.answers['GET state'] = { ...state, accounts: [{ ...state.accounts[0], url }] }
  stub.answers['GET people/alice/chats/wx1'] = { items: [], menu: null, typing: false }
  session = new Session(stub.api)
  await session.refresh()
  session.connected.value = true
}

async function show(component: object, props = {}): Promise<VueWrapper> {
  const view = mount(component, { props, global: { plugins: [{ install: (app) => provideSession(app, session) }] } })
  await flushPromises()
  return view
}

beforeEach(() => begin('http://127.0.0.1:8000/wx'))

it.each([
  [true, 'alive', '程序在运行：127.0.0.1:8000'],
  [false, 'dead', '程序没有运行：127.0.0.1:8000'],
  [null, 'on', '实时'],
])('says whether the program listens (%s), and where', async (listening, state, words) => {
  stub.answers['GET accounts/wx1/situation'] = { program: { url: 'http://127.0.0.1:8000/wx', listening }, faults: 0, paused_until: null, alarms: 0, recording: { running: false, appid: null, length: 0 } }
  await session.situation.ask()
  const view = await show(LiveStatus)
  expect(view.attributes('data-state')).toBe(state)
  expect(view.attributes('title')).toBe(words)
})

it('says that there is no URL, and that the platform itself is gone', async () => {
  await begin('')
  const view = await show(LiveStatus)
  expect(view.attributes('data-state')).toBe('noUrl')
  expect(stub.asked.map((one) => one.call)).not.toContain('GET accounts/wx1/situation')
  session.connected.value = false
  await flushPromises()
  expect(view.attributes('data-state')).toBe('off')
})

it('shows an alarm in one time zone, that of WeChat’s texts, and no “none” while it is loading', async () => {
  stub.answers['GET accounts/wx1/alarms'] = { alarms: [{ time: 1_790_000_000, type: 'x', text: '时间: 2026-09-21 22:13:20' }] }
  const view = mount(AlarmList, { props: { appid: 'wx1' }, global: { plugins: [{ install: (app) => provideSession(app, session) }] } })
  expect(view.text()).not.toContain('没有告警')
  await flushPromises()
  expect(view.text()).toContain('2026-09-21 22:13:20（北京时间）')
})
