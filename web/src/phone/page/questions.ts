// What a page may make the phone ask its person. One question at a time, in their order.
import { shallowRef } from 'vue'

import type { Answers } from '../phoneState'

export interface Choice {
  id: string
  label: string
  checked?: boolean
}

interface Asked {
  dialog: { title: string; lines?: string[]; confirm: string; cancel?: string }
  choices: { title: string; choices: Choice[] }
  checks: { title: string; choices: Choice[]; confirm: string; cancel: string }
  pictures: { urls: string[]; current: number }
  scan: object
  location: object
  camera: object
}

interface Answered {
  dialog: boolean
  choices: string
  checks: string[]
  pictures: boolean
  scan: Answers['scan']
  location: Answers['location']
  camera: Answers['camera']
}

export type Kind = keyof Asked
export type Question = { [K in Kind]: { kind: K } & Asked[K] }[Kind]

interface Waiting {
  question: Question
  resolve: (answer: unknown) => void
}

export class Questions {
  readonly current = shallowRef<Question | null>(null)
  private readonly waiting: Waiting[] = []

  /** The answer, or null when the person wants none of it. */
  ask<K extends Kind>(kind: K, asked: Asked[K]): Promise<Answered[K] | null> {
    return new Promise((resolve) => {
      const question = { kind, ...asked } as unknown as Question
      this.waiting.push({ question, resolve: resolve as (answer: unknown) => void })
      this.current.value ??= question
    })
  }

  answer(value: unknown): void {
    this.waiting.shift()?.resolve(value)
    this.current.value = this.waiting[0]?.question ?? null
  }

  /** The page is gone, and with it what it wanted. */
  drop(): void {
    while (this.waiting.length) this.answer(null)
  }
}
