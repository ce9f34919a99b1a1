// Privacy acts and the pop-up of subscribe notices, from the phone.
import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { beforeEach, expect, it } from 'vitest'

import ProfileMenu from '../src/phone/ProfileMenu.vue'
import { provideSession, Session } from '../src/store/session'
import { PlatformStub, world } from './platformStub'

const POPUP = 'POST people/alice/subscribe-notice'

let stub: PlatformStub
let session: Session
let view: VueWrapper

beforeEach(async () => {
  stub = new PlatformStub()
  stub.answers['GET state'] = world()
  stub.answers['GET people/alice/chats/wx1'] = { items: [], menu: null, typing: false }
  stub.answers['GET accounts/wx1/subscriptions'] = {
    templates: [
      { template_id: 't1', title: '下单提醒' },
      { template_id: 't2', title: '到货提醒' },
    ],
  }
  for (const act of ['subscribe-notice', 'withdraw', 'clean-profile', 'close-wechat']) stub.answers[`POST people/alice/${act}`] = {}
  session = new Session(stub.api)
  await session.refresh()
  const account = session.account.value!
  view = mount(ProfileMenu, { props: { account }, global: { plugins: [{ install: (app) => provideSession(app, session) }] } })
})

async function tap(...names: string[]): Promise<void> {
  for (const name of names) {
    await view.get(`[data-testid="${name}"]`).trigger('click')
    await flushPromises()
  }
}

it('answers the pop-up: what is unchecked is rejected', async () => {
  await tap('privacy-popup')
  await view.get('[data-testid="privacy-check-t2"]').setValue(false)
  await tap('privacy-confirm')
  expect(stub.bodies(POPUP)).toEqual([{ appid: 'wx1', accept: ['t1'], reject: ['t2'] }])
  expect(view.emitted('close')).toHaveLength(1)
})

it('turns notices off, only those that are chosen', async () => {
  await tap('privacy-turnOff', 'privacy-confirm')
  expect(stub.bodies(POPUP)).toEqual([])
  await tap('privacy-turnOff')
  await view.get('[data-testid="privacy-check-t1"]').setValue(true)
  await tap('privacy-confirm')
  expect(stub.bodies(POPUP)).toEqual([{ appid: 'wx1', withdraw: ['t1'] }])
})

it('takes back what was authorised, by its codes', async () => {
  await tap('privacy-withdraw')
  await view.get('[data-testid="privacy-check-205"]').setValue(true)
  await tap('privacy-confirm')
  expect(stub.bodies('POST people/alice/withdraw')).toEqual([{ appid: 'wx1', items: ['205'] }])
})

it.each([
  ['clean', 'clean-profile'],
  ['closeWechat', 'close-wechat'],
])('asks before %s', async (act, path) => {
  await tap(`privacy-${act}`, 'privacy-cancel')
  expect(stub.bodies(`POST people/alice/${path}`)).toEqual([])
  await tap(`privacy-${act}`, 'privacy-confirm')
  expect(stub.bodies(`POST people/alice/${path}`)).toEqual([{}])
})

it('says that there are no templates, and what the platform refuses', async () => {
  stub.answers['GET accounts/wx1/subscriptions'] = { templates: [] }
  await tap('privacy-popup')
  expect(session.notices.list.at(-1)).toMatchObject({ bad: true, text: '“小鹿”还没有订阅通知模板。' })
  delete stub.answers['POST people/alice/withdraw']
  await tap('privacy-withdraw')
  await view.get('[data-testid="privacy-check-205"]').setValue(true)
  await tap('privacy-confirm')
  expect(session.notices.list.at(-1)!.bad).toBe(true)
  expect(view.emitted('close')).toBeUndefined()
})
