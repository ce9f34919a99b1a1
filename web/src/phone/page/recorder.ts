// Recording and playing without a microphone and without AMR in browsers: lengths and events are true, the sound is
// silence.
import { computed, ref } from 'vue'

import { amrSeconds, silentAmr } from '../amr'

export const LONGEST_S = 60
const TICK_MS = 250

export class Recorder {
  readonly since = ref<number | null>(null)
  readonly now = ref(0)
  readonly seconds = computed(() => (this.since.value === null ? 0 : (this.now.value - this.since.value) / 1000))
  private ticking: ReturnType<typeof setInterval> | undefined

  /** Begin; `ended` gets the voice if nobody stops before the longest time that WeChat records. */
  start(ended: (voice: Blob) => void): void {
    this.since.value = this.now.value = performance.now()
    this.ticking = setInterval(() => {
      this.now.value = performance.now()
      if (this.seconds.value >= LONGEST_S) ended(this.stop())
    }, TICK_MS)
  }

  stop(): Blob {
    this.now.value = performance.now()
    const voice = new Blob([silentAmr(Math.min(LONGEST_S, Math.max(1, this.seconds.value)))], { type: 'audio/amr' })
    this.cancel()
    return voice
  }

  cancel(): void {
    clearInterval(this.ticking)
    this.since.value = null
  }
}

interface Playing {
  left: number
  since: number
  timer: ReturnType<typeof setTimeout> | undefined
}

export class Player {
  private readonly voices = new Map<string, Playing>()

  constructor(private readonly ended: (localId: string) => void) {}

  /** Play from the beginning, or from where it was paused. */
  async play(localId: string, file: Blob): Promise<void> {
    const left = this.voices.get(localId)?.left ?? 1000 * (amrSeconds(new Uint8Array(await file.arrayBuffer())) ?? 1)
    this.pause(localId)
    const timer = setTimeout(() => {
      this.voices.delete(localId)
      this.ended(localId)
    }, left)
    this.voices.set(localId, { left, since: performance.now(), timer })
  }

  pause(localId: string): void {
    const voice = this.voices.get(localId)
    if (!voice?.timer) return
    clearTimeout(voice.timer)
    this.voices.set(localId, { ...voice, left: voice.left - (performance.now() - voice.since), timer: undefined })
  }

  stop(localId: string): void {
    this.pause(localId)
    this.voices.delete(localId)
  }

  stopAll(): void {
    for (const localId of [...this.voices.keys()]) this.stop(localId)
  }
}
