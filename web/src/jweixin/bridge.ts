// The way from the page to the phone. A page that is not inside the phone hears so as every call's answer.
import type { FromPhone, Params, Result, ToPhone } from './protocol'

const PHONE_ANSWERS_WITHIN_MS = 2000

const OUTSIDE = { zh: 'fail, 请在微信客户端打开', en: 'fail, open this page in WeChat: in the phone' }

export class Bridge {
  private readonly waiting = new Map<string, (result: Result) => void>()
  private readonly name = Math.random().toString(36).slice(2)
  private readonly inPhone: Promise<boolean>
  private number = 0

  constructor(
    private readonly page: Window,
    private readonly happened: (event: string, result: Result) => void,
    patience = PHONE_ANSWERS_WITHIN_MS,
  ) {
    this.inPhone = this.greet(patience)
  }

  async call(api: string, params: Params): Promise<Result> {
    if (!(await this.inPhone)) return { errMsg: `${api}:${this.page.navigator.language.startsWith('zh') ? OUTSIDE.zh : OUTSIDE.en}` }
    const id = `${this.name}-${++this.number}`
    return new Promise((resolve) => {
      this.waiting.set(id, resolve)
      try {
        this.tell({ gongzhong: 'jssdk', id, api, params })
      } catch (problem) {
        this.waiting.delete(id)
        resolve({ errMsg: `${api}:fail, ${String(problem)}` })
      }
    })
  }

  tell(message: ToPhone): void {
    if (this.page.parent !== this.page) this.page.parent.postMessage(message, '*')
  }

  private greet(patience: number): Promise<boolean> {
    if (this.page.parent === this.page) return Promise.resolve(false)
    return new Promise((resolve) => {
      this.page.addEventListener('message', (event: MessageEvent<FromPhone | null>) => {
        if (event.source !== this.page.parent) return
        if (event.data?.gongzhong === 'hello' && event.data.id === this.name) resolve(true)
        else this.hear(event.data)
      })
      this.tell({ gongzhong: 'hello', id: this.name, page: this.page.location.href })
      setTimeout(() => resolve(false), patience)
    })
  }

  private hear(message: FromPhone | null): void {
    if (message?.gongzhong === 'jssdk-event') this.happened(message.event, message.result)
    if (message?.gongzhong !== 'jssdk-result') return
    this.waiting.get(message.id)?.(message.result)
    this.waiting.delete(message.id)
  }
}
