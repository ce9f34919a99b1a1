// The platform's clock, read once and carried on here: it may be shifted against this machine's, or stand still.
import { computed, ref } from 'vue'

import type { ClockReading } from '../api/types'

export class ClockFace {
  private readonly reading = ref<ClockReading>({ now: Date.now() / 1000, frozen: false })
  private readonly readAt = ref(Date.now())
  private readonly tick = ref(Date.now())

  readonly frozen = computed(() => this.reading.value.frozen)
  /** The platform's time in unix seconds, moving once a second. */
  readonly now = computed(() => {
    const elapsed = this.reading.value.frozen ? 0 : Math.max(0, this.tick.value - this.readAt.value) / 1000
    return this.reading.value.now + elapsed
  })
  /** Seconds by which the platform's clock is ahead of this machine's. */
  readonly shift = computed(() => this.now.value - this.tick.value / 1000)

  set(reading: ClockReading): void {
    this.reading.value = reading
    this.readAt.value = this.tick.value = Date.now()
  }

  /** Show a new second; call it from a timer. */
  advanceFace(to = Date.now()): void {
    this.tick.value = to
  }
}
