// What the recording card holds while one is on the phone's page, which is where there is something to record: for which
// program (MODULE:OBJECT) the test is written, remembered by this browser, and the test written last.
import { ref, watch, type Ref } from 'vue'

const REMEMBERED = 'gongzhong.recording.target'
const target = ref(localStorage.getItem(REMEMBERED) ?? 'app:oa')
const source = ref('')

watch(target, (name) => localStorage.setItem(REMEMBERED, name))

export function useRecordedTest(): { target: Ref<string>; source: Ref<string> } {
  return { target, source }
}
