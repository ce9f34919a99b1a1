// What is on the phone's screen besides the chat itself: the profile, a web page, a picture, or a sheet that asks for
// something. `ask` opens a sheet and resolves with what was entered, or null when it was closed.
import { inject, provide, ref, shallowRef, type InjectionKey } from 'vue'

import type { Session } from '../store/session'
import { t } from '../i18n'
import type { Upload } from '../ui/files'
import { webAddress } from './text'

export interface Answers {
  scan: string
  location: { latitude: number; longitude: number; label: string }
  link: { title: string; description: string; url: string }
  voice: Upload
  camera: Upload
}

export type SheetName = keyof Answers

interface Question {
  sheet: SheetName
  answer: (value: Answers[SheetName] | null) => void
}

export class PhoneState {
  readonly profile = ref(false)
  readonly web = ref<string | null>(null)
  readonly picture = ref<string | null>(null)
  readonly question = shallowRef<Question | null>(null)

  constructor(private readonly session: Session) {}

  ask<Name extends SheetName>(sheet: Name): Promise<Answers[Name] | null> {
    this.question.value?.answer(null)
    return new Promise((resolve) => {
      this.question.value = {
        sheet,
        answer: (value) => {
          this.question.value = null
          resolve(value as Answers[Name] | null)
        },
      }
    })
  }

  openWeb(url: string): void {
    const address = url.startsWith('/_platform/') ? url : webAddress(url)
    if (address) this.web.value = address
    else this.session.notices.say(t('web.refused', { url }), true)
  }

  openMiniProgram(appid = '', path = ''): void {
    this.session.notices.say(t('miniprogram.notHere', { appid, path }))
  }

  /** Back to the chat, as after choosing another account. */
  home(): void {
    this.profile.value = false
    this.web.value = this.picture.value = null
    this.question.value?.answer(null)
  }

  /** What reading a QR code does: follow or SCAN for an account's code, a web page for an address. */
  async scan(text: string): Promise<void> {
    const code = /^https?:\/\//i.test(text) ? { url: text } : { ticket: text }
    const result = await this.session.act((api, person) => api.scan(person, code))
    if (!result) return
    if (result.appid) {
      await this.session.attempt(() => this.session.refresh())
      await this.session.chooseAccount(result.appid)
    }
    if (result.open) this.openWeb(result.open)
  }
}

const PHONE: InjectionKey<PhoneState> = Symbol('phone')

export function providePhone(state: PhoneState): PhoneState {
  provide(PHONE, state)
  return state
}

export function usePhone(): PhoneState {
  const phone = inject(PHONE)
  if (!phone) throw new Error('usePhone outside of the phone')
  return phone
}
