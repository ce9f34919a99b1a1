// The tester's tools on the developer page: faults, snapshots, recordings.
import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { defineComponent, h, type Component } from 'vue'
import { beforeEach, describe, expect, it, vi } from 'vitest'

import type { Stream } from '../src/api/live'
import type { Fault } from '../src/api/types'
import FaultList from '../src/scenarios/FaultList.vue'
import RecordingCard from '../src/scenarios/RecordingCard.vue'
import SnapshotList from '../src/scenarios/SnapshotList.vue'
import { provideSession, Session } from '../src/store/session'
import { PlatformStub, world } from './platformStub'

const FAULT: Fault = { id: 7, side: 'api', kind: 'errcode', appid: 'wx1', target: '/cgi-bin/user/info', rate: 0.25, errcode: 45009, status: 502, delay_s: 1, times: null, hits: 3, seed: 1, draws: 12, carried_out: false }

let stub: PlatformStub
let session: Session

beforeEach(async () => {
  stub = new PlatformStub()
  stub.answers['GET state'] = world()
  stub.answers['GET people/alice/chats/wx1'] = { items: [], menu: null, typing: false }
  session = new Session(stub.api)
  await session.refresh()
})

async function show(component: Component): Promise<VueWrapper> {
  const Around = defineComponent({ setup: () => () => h(component, { appid: 'wx1' }) })
  const view = mount(Around, { global: { plugins: [{ install: (app) => provideSession(app, session) }] } })
  await flushPromises()
  return view
}

const get = (view: VueWrapper, testid: string): ReturnType<VueWrapper['get']> => view.get(`[data-testid="${testid}"]`)
const all = (view: VueWrapper, testid: string): ReturnType<VueWrapper['findAll']> => view.findAll(`[data-testid="${testid}"]`)

describe('faults', () => {
  it('shows those of this account and of all, with what came of them', async () => {
    stub.answers['GET faults'] = { faults: [FAULT, { ...FAULT, id: 8, appid: '' }, { ...FAULT, id: 9, appid: 'wx2' }] }
    const view = await show(FaultList)
    expect(all(view, 'fault')).toHaveLength(2)
    expect(all(view, 'fault')[0]!.text()).toContain('45009')
    expect(all(view, 'fault')[0]!.text()).toContain('25%')
    expect(all(view, 'fault')[0]!.text()).toContain('3')
  })

  it('orders one for this account, and ends it', async () => {
    stub.answers['GET faults'] = { faults: [FAULT] }
    stub.answers['POST faults'] = FAULT
    stub.answers['DELETE faults/7'] = { lifted: 1 }
    const view = await show(FaultList)
    await get(view, 'fault-code').setValue('48001')
    await get(view, 'fault-rate').setValue('30')
    await get(view, 'fault-target').setValue(' user/info ')
    await view.get('form').trigger('submit')
    await flushPromises()
    expect(stub.bodies('POST faults')).toEqual([
      { side: 'api', kind: 'errcode', target: 'user/info', errcode: 48001, delay_s: 6, appid: 'wx1', rate: 0.3 },
    ])
    await get(view, 'fault-lift').trigger('click')
    expect(stub.bodies('DELETE faults/7')).toHaveLength(1)
  })

  it('offers for pushes only what pushes can have', async () => {
    stub.answers['GET faults'] = { faults: [] }
    const view = await show(FaultList)
    await get(view, 'fault-side').setValue('push')
    const kinds = get(view, 'fault-kind').findAll('option').map((option) => option.attributes('value'))
    expect(kinds).toEqual(['delay', 'drop', 'duplicate', 'reorder'])
    expect((get(view, 'fault-kind').element as HTMLSelectElement).value).toBe('delay')
    expect(all(view, 'fault-delay')).toHaveLength(1)
  })
})

describe('snapshots', () => {
  it('are saved, loaded and deleted by name', async () => {
    stub.answers['GET snapshots'] = { snapshots: [{ name: '下单 前', now: 1_790_000_000, saved_at: 1 }] }
    const named = `snapshots/${encodeURIComponent('下单 前')}`
    stub.answers['POST snapshots'] = {}
    stub.answers[`POST ${named}/load`] = {}
    stub.answers[`DELETE ${named}`] = {}
    const view = await show(SnapshotList)
    await get(view, 'snapshot-name').setValue('新')
    await view.get('form').trigger('submit')
    await flushPromises()
    expect(stub.bodies('POST snapshots')).toEqual([{ name: '新' }])
    expect((get(view, 'snapshot-name').element as HTMLInputElement).value).toBe('')
    await get(view, 'snapshot-load').trigger('click')
    await get(view, 'snapshot-delete').trigger('click')
    await flushPromises()
    expect(stub.bodies(`POST ${named}/load`)).toHaveLength(1)
    expect(stub.bodies(`DELETE ${named}`)).toHaveLength(1)
  })

  it('make every page forget the chats of the other world', () => {
    const listeners: Record<string, (event: MessageEvent<string>) => void> = {}
    const stream: Stream = {
      readyState: 1,
      onopen: null,
      onerror: null,
      addEventListener: (name, listener) => (listeners[name] = listener),
      close: () => undefined,
    }
    const watching = new Session(stub.api, () => stream)
    const forget = vi.spyOn(watching.chats, 'clear')
    const stop = watching.start()
    listeners['state']!(new MessageEvent('state', { data: '{}' }))
    expect(forget).not.toHaveBeenCalled()
    listeners['state']!(new MessageEvent('state', { data: '{"exchanged":true}' }))
    expect(forget).toHaveBeenCalledOnce()
    stop()
  })
})

function situated(recording: object): void {
  const program = { url: '', listening: null }
  stub.answers['GET accounts/wx1/situation'] = { program, faults: 0, paused_until: null, alarms: 0, recording }
}

describe('a recording', () => {
  it('starts, stops and shows the test', async () => {
    situated({ running: false, appid: null, length: 0 })
    stub.answers['POST recording/start'] = {}
    stub.answers['POST recording/stop'] = {}
    stub.answers['GET recording/test'] = 'def test_recorded_conversation'
    const view = await show(RecordingCard)
    situated({ running: true, appid: 'wx1', length: 2 })
    await get(view, 'recording-start').trigger('click')
    await flushPromises()
    expect(stub.bodies('POST recording/start')).toEqual([{ appid: 'wx1' }])
    await get(view, 'recording-target').setValue('shop:oa')
    situated({ running: false, appid: 'wx1', length: 2 })
    await get(view, 'recording-stop').trigger('click')
    await flushPromises()
    expect(stub.asked.at(-1)!.call).toBe('GET recording/test?target=shop%3Aoa')
    expect(get(view, 'recording-source').text()).toContain('def test_recorded_conversation')
    expect(all(view, 'recording-start')).toHaveLength(1)
  })

  it('keeps its program and the test while one is on another page', async () => {
    const before = await show(RecordingCard)
    await get(before, 'recording-target').setValue('store.main:oa')
    before.unmount()
    const after = await show(RecordingCard)
    expect((get(after, 'recording-target').element as HTMLInputElement).value).toBe('store.main:oa')
    expect(localStorage.getItem('gongzhong.recording.target')).toBe('store.main:oa')
  })
})
