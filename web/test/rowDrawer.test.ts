import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { beforeEach, expect, it } from 'vitest'
import { nextTick } from 'vue'

import type { RowDetail } from '../src/api/types'
import { provideSession, Session } from '../src/store/session'
import ExchangeBodies from '../src/traffic/ExchangeBodies.vue'
import RowDrawer from '../src/traffic/RowDrawer.vue'
import SealTab from '../src/traffic/SealTab.vue'
import { entry, row } from './made'
import { PlatformStub, world } from './platformStub'

let stub: PlatformStub
let session: Session

beforeEach(async () => {
  location.hash = ''
  stub = new PlatformStub()
  stub.answers['GET state'] = world()
  stub.answers['GET people/alice/chats/wx1'] = { items: [], menu: null, typing: false }
  session = new Session(stub.api)
  await session.refresh()
})

const said = (text: string): { zh: string; en: string } => ({ zh: text, en: text })

function detail(change: Partial<RowDetail> = {}): RowDetail {
  return {
    row: row(4, { kind: 'push', state: 'warn', attempts: 2, words: [{ role: 'who', ...said('小明') }, { role: 'did', ...said('说') }, { role: 'then', ...said('→ 好') }] }),
    explained: { tone: 'warn', headline: said('前一次投递没有成功'), cause: said('慢'), fix: said('快'), fault: { id: 7, words: said('延迟 6 s'), in_force: true } },
    exchanges: [
      entry(4, { attempt: 1, response: null, verdict: { ok: false, class: 'timeout', zh: '请求超时：5 秒', en: 'timeout' } }),
      entry(5, { attempt: 2, decrypted: '<xml><A>1</A></xml>', response_decrypted: '<xml><B>2</B></xml>' }),
    ],
    seals: [null, null],
    body: '<xml><A>1</A></xml>',
    cause: null,
    caused: [row(6, { words: [{ role: 'did', ...said('发送客服消息') }], cause: { number: 4, known: true } })],
    ...change,
  }
}

async function show(found: RowDetail): Promise<VueWrapper> {
  stub.answers['GET rows/4'] = found
  const view = mount(RowDrawer, { props: { number: 4 }, global: { plugins: [{ install: (app) => provideSession(app, session) }] } })
  await flushPromises()
  return view
}

const get = (view: VueWrapper, testid: string): ReturnType<VueWrapper['get']> => view.get(`[data-testid="${testid}"]`)

it('says first what happened, why and what to do', async () => {
  const view = await show(detail())
  expect(view.get('h2').text()).toBe('小明 说')
  expect(get(view, 'row-explained').text()).toContain('前一次投递没有成功')
  expect(get(view, 'row-cause').text()).toContain('慢')
  expect(get(view, 'row-fix').text()).toContain('快')
  expect(get(view, 'row-attempts').findAll('li').map((one) => one.attributes('data-kind'))).toEqual(['bad', 'ok'])
  expect(get(view, 'row-caused').text()).toContain('发送客服消息')
})

it('leads to what a row caused, and lifts the fault that struck', async () => {
  const view = await show(detail())
  await get(view, 'row-caused').get('button').trigger('click')
  expect(view.emitted('show')).toEqual([[6]])
  stub.answers['DELETE faults/7'] = { lifted: 1 }
  await get(view, 'row-lift').trigger('click')
  await flushPromises()
  expect(stub.bodies('DELETE faults/7')).toHaveLength(1)
  expect(stub.asked.filter((one) => one.call === 'GET rows/4')).toHaveLength(2)
})

it('shows the attempt that is chosen', async () => {
  const view = await show(detail())
  await get(view, 'row-detail-tab-response').trigger('mousedown')
  await nextTick()
  expect(get(view, 'traffic-response-decrypted').get('pre').text()).toContain('<B>2</B>')
  await get(view, 'attempt-1').trigger('click')
  expect(get(view, 'traffic-verdict').text()).toContain('请求超时')
})

it('says how large a file was', () => {
  const request = { method: 'POST', bytes: 2048, url: '/upload', headers: {}, body: { bytes: 2048, content_type: 'image/png' } }
  const view = mount(ExchangeBodies, { props: { exchange: entry(4, { request }), side: 'request' }, global: { plugins: [{ install: (app) => provideSession(app, session) }] } })
  expect(view.text()).toContain('2048 字节，image/png')
})

it('shows the seal step by step, and says when the keys are others now', async () => {
  const seal = {
    sorted: ['1', 'a', 'tok…'],
    joined: '1atok…',
    signature: 'f00',
    buffer: [{ name: 'random' as const, text: 'r'.repeat(16), hex: '', size: 16 }],
    ciphertext: 'Q0lQSEVS',
    msg_sorted: ['1', 'Q0lQSEVS', 'a', 'tok…'],
    msg_joined: '1Q0lQSEVSatok…',
    msg_signature: 'ba5e',
  }
  const global = { plugins: [{ install: (app: Parameters<typeof provideSession>[0]) => provideSession(app, session) }] }
  const view = mount(SealTab, { props: { seal, sent: true }, global })
  expect(get(view, 'seal-joined').text()).toBe('1atok…')
  expect(get(view, 'seal-signature').text()).toBe('f00')
  expect(get(view, 'seal-msg-sorted').text()).toBe('1\nQ0lQSEVS\na\ntok…')
  expect(get(view, 'seal-msg-signature').text()).toBe('ba5e')
  await view.setProps({ seal: null })
  expect(get(view, 'seal-none').text()).toContain('已经换过')
})

it('says that a row is gone', async () => {
  const view = mount(RowDrawer, { props: { number: 9 }, global: { plugins: [{ install: (app) => provideSession(app, session) }] } })
  await flushPromises()
  expect(view.get('[data-state=error]').text()).toContain('#9')
})
