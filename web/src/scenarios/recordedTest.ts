// A recording and the test that was written from it last, while one is on other pages: that is where there is something to
// record. For which program (MODULE:OBJECT) the test is written is remembered by this browser.
import { ref, watch, type Ref } from 'vue'

import type { Session } from '../store/session'

const REMEMBERED = 'gongzhong.recording.target'
const target = ref(localStorage.getItem(REMEMBERED) ?? 'app:oa')
const source = ref('')

watch(target, (name) => localStorage.setItem(REMEMBERED, name))

export interface RecordedTest {
  target: Ref<string>
  source: Ref<string>
  start(appid: string): Promise<void>
  stop(): Promise<void>
}

export function useRecordedTest(session: Session): RecordedTest {
  async function start(appid: string): Promise<void> {
    source.value = ''
    await session.attempt(() => session.api.startRecording(appid))
    await session.situation.ask()
  }

  /** End the recording and write its test; waits until what was done last has been answered, up to 20 seconds. */
  async function stop(): Promise<void> {
    await session.attempt(() => session.api.stopRecording())
    await session.situation.ask()
    source.value = (await session.attempt(() => session.api.recordedTest(target.value))) ?? ''
  }

  return { target, source, start, stop }
}
