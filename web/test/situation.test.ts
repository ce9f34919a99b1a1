import { ref, shallowRef } from 'vue'
import { beforeEach, expect, it } from 'vitest'

import { Situation } from '../src/store/situation'
import { PlatformStub } from './platformStub'

const QUIET = { program: { url: '', listening: null }, faults: 0, paused_until: null, alarms: 0, recording: { running: false, appid: null, length: 0 } }

let stub: PlatformStub
let situation: Situation
const appid = ref('wx1')
const now = ref(1000)

beforeEach(() => {
  localStorage.clear()
  stub = new PlatformStub()
  situation = new Situation(stub.api, appid, now, shallowRef(null))
})

async function answer(change: object): Promise<void> {
  stub.answers['GET accounts/wx1/situation'] = { ...QUIET, ...change }
  await situation.ask()
}

it('counts the seconds down until pushes go on, by the clock of the platform', async () => {
  now.value = 1000
  await answer({ paused_until: 1042.5 })
  expect(situation.pausedSeconds.value).toBe(43)
  now.value = 1042
  expect(situation.pausedSeconds.value).toBe(1)
  now.value = 1100
  expect(situation.pausedSeconds.value).toBe(0)
})

it('counts the alarms that one has not looked at, also after the world was exchanged', async () => {
  await answer({ alarms: 2 })
  expect(situation.newAlarms.value).toBe(2)
  situation.markSeen()
  expect(situation.newAlarms.value).toBe(0)
  await answer({ alarms: 3 })
  expect(situation.newAlarms.value).toBe(1)
  await answer({ alarms: 0 })
  await answer({ alarms: 1 })
  expect(situation.newAlarms.value).toBe(1)
})

it('shows nothing of another account, and nothing when the platform is gone', async () => {
  await answer({ faults: 2 })
  expect(situation.view.value?.faults).toBe(2)
  delete stub.answers['GET accounts/wx1/situation']
  await situation.ask()
  expect(situation.view.value).toBeNull()
})
