// How many pages the frame can go back. Its navigations stand in the browser's joint session history, whose length is
// all that can be seen of them: one entry more after a load is one page further. A load that leaves the length as it
// was is a reload, a `location.replace` or a step back. Going back too often would leave the tool itself, so a doubtful
// load never counts.
import { computed, ref } from 'vue'

export class WayBack {
  private readonly depth = ref(0)
  private length: number
  private furthest = 0
  private returning = false
  readonly possible = computed(() => this.depth.value > 0)

  constructor(private readonly history: Pick<History, 'length' | 'back'> = window.history) {
    this.length = history.length
  }

  /** The frame has loaded a document. */
  loaded(): void {
    const change = this.history.length - this.length
    this.length = this.history.length
    if (this.returning) {
      this.returning = false
      return
    }
    // Navigating after steps back drops the entries ahead, and the length may shrink.
    const depth = this.furthest + change
    if (change === 0 || depth <= 0) return
    this.depth.value = this.furthest = depth
  }

  back(): void {
    if (!this.possible.value) return
    this.depth.value--
    this.returning = true
    this.history.back()
  }
}
