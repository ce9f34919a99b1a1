// What concerns the chosen account right now: its program, faults, paused pushes, alarms, the recording. Asked for often
// and quietly: that the platform itself cannot be reached is seen from the stream.
import { computed, ref, shallowRef, watch, type Ref } from 'vue'

import type { ControlApi } from '../api/client'
import type { SituationView } from '../api/types'

const ASK_EVERY_MS = 4000
const SEEN = 'gongzhong.alarms.'

export class Situation {
  readonly view = shallowRef<SituationView | null>(null)
  private readonly seen = ref(0)
  /** Alarms that came after one last looked at them. */
  readonly newAlarms = computed(() => Math.max(0, (this.view.value?.alarms ?? 0) - this.seen.value))

  constructor(
    private readonly api: ControlApi,
    private readonly appid: Ref<string>,
    private readonly now: Ref<number>,
    private readonly changes: Ref<unknown>,
  ) {}

  /** Whole seconds until pushes go on; 0 when they are not paused. */
  readonly pausedSeconds = computed(() => Math.max(0, Math.ceil((this.view.value?.paused_until ?? 0) - this.now.value)))

  /** Ask again and again, and at once for another account, until the returned function is called. */
  follow(): () => void {
    const asking = setInterval(() => void this.ask(), ASK_EVERY_MS)
    const stop = watch([this.appid, this.changes], ([appid], [before]) => {
      if (appid !== before) this.view.value = null
      void this.ask()
    }, { immediate: true })
    return () => {
      clearInterval(asking)
      stop()
    }
  }

  async ask(): Promise<void> {
    const asked = this.appid.value
    if (!asked || document.visibilityState === 'hidden') return
    const view = await this.api.situation(asked).catch(() => null)
    if (asked !== this.appid.value) return
    this.view.value = view
    this.seen.value = Number(localStorage.getItem(SEEN + asked) ?? 0)
    if (view && view.alarms < this.seen.value) this.markSeen() // The world was exchanged.
  }

  markSeen(): void {
    this.seen.value = this.view.value?.alarms ?? 0
    localStorage.setItem(SEEN + this.appid.value, String(this.seen.value))
  }
}
