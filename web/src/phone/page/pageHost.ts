// The phone's side of the JS-SDK: one page in one web view. It hears what the page's script says, decides whether the
// page may, lets the person answer, and tells the page how it ended.
import { ref } from 'vue'

import { ApiError } from '../../api/client'
import { PageApi, type ShareTarget } from '../../api/pages'
import type { Rights } from '../../api/types'
import { plainAddress } from '../../home'
import type { FromPhone, Params, Result, ToPhone } from '../../jweixin/protocol'
import type { Session } from '../../store/session'
import type { PhoneState } from '../phoneState'
import { language, t } from '../../i18n'
import { wording } from '../../store/notices'
import { ACTIONS } from './actions'
import { CANCEL } from './answer'
import { LISTENERS, PageMenu } from './pageMenu'
import { Questions } from './questions'
import { Player, Recorder } from './recorder'

const OFFLINE = 'fail, the permission value is offline verifying'
const DENIED = 'permission denied'
const ALWAYS = new Set(['checkJsApi'])
const OPEN_TAG = 'openTag'

export type Tell = (message: FromPhone, origin: string) => void

export class PageHost {
  readonly questions = new Questions()
  readonly menu = new PageMenu()
  readonly recorder = new Recorder()
  readonly player = new Player((localId) => this.happened('onVoicePlayEnd', { localId }))
  /** Where the full service is, while the page is a snapshot (快照页). */
  readonly snapshot = ref<string | null>(null)
  /** What the person already allowed this page, such as the microphone. */
  readonly allowed = new Set<string>()
  readonly pages: PageApi
  appid: string
  private rights: Rights | null = null
  private origin = '*'
  private greeted = false
  /** Whether the document that is loading has said its title already. */
  private titled = false

  constructor(
    readonly session: Session,
    readonly phone: PhoneState,
    private readonly tell: Tell,
    readonly close: () => void,
  ) {
    this.pages = new PageApi(session.api, session.personName.value)
    this.appid = session.appid.value
  }

  get host(): string {
    return plainAddress(this.origin).replace(/^https?:\/\//, '')
  }

  async hear(said: ToPhone, origin: string): Promise<void> {
    if (said.gongzhong === 'hello') {
      this.restart(origin)
      this.greeted = true
      this.menu.page.value = plainAddress(said.page)
      this.tell({ gongzhong: 'hello', id: said.id }, origin)
    } else if (said.gongzhong === 'jssdk') {
      const result = await this.carryOut(said.api, said.params, origin)
      this.tell({ gongzhong: 'jssdk-result', id: said.id, result }, origin)
    } else if (said.gongzhong === 'debug') {
      void this.questions.ask('dialog', { title: this.host, lines: [String(said.text)], confirm: t('page.ok') })
    } else if (said.gongzhong === 'title') {
      this.titled = true
      this.menu.title.value = String(said.title ?? '')
      this.menu.page.value = plainAddress(String(said.url ?? this.menu.page.value))
    }
  }

  /** The frame has loaded a document; one without our script has no say over the phone. Says whether it has it. */
  loaded(): boolean {
    const { greeted } = this
    if (!greeted) {
      const { title, page } = this.menu
      const told = this.titled ? { title: title.value, page: page.value } : null
      this.restart('*')
      if (told) [title.value, page.value] = [told.title, told.page]
    }
    this.greeted = this.titled = false
    return greeted
  }

  /** Tell the page that something happened which it may be waiting for. */
  happened(event: string, details: Params, how = 'ok'): void {
    this.tell({ gongzhong: 'jssdk-event', event, result: { ...details, errMsg: `${event}:${how}` } }, this.origin)
  }

  async share(target: ShareTarget): Promise<void> {
    const listener = LISTENERS[target]
    this.happened(listener, { triggered: true })
    const to = target === 'friend' ? await this.chooseFriend() : ''
    if (to === null) return this.happened(listener, {}, 'cancel')
    const shared = await this.session.attempt(() => this.pages.share(this.appid, target, to, this.menu.card(target)))
    if (!shared) return this.happened(listener, {}, 'fail')
    this.session.notices.say(t('page.shared', { title: shared.title }))
    this.happened(listener, {})
  }

  leave(): void {
    this.restart('*')
    this.snapshot.value = null
  }

  private restart(origin: string): void {
    this.origin = origin
    this.rights = null
    this.appid = this.session.appid.value
    this.allowed.clear()
    this.recorder.cancel()
    this.player.stopAll()
    this.menu.reset()
    this.questions.drop()
  }

  private chooseFriend(): Promise<string | null> {
    const others = this.session.people.value.filter((person) => person.name !== this.session.personName.value)
    const choices = others.map((person) => ({ id: person.name, label: person.nickname || person.name }))
    return this.questions.ask('choices', { title: t(choices.length ? 'page.shareTo' : 'page.nobody'), choices })
  }

  private async carryOut(api: string, params: Params, origin: string): Promise<Result> {
    if (api === 'config') return this.configure(params, origin)
    const name = api === OPEN_TAG ? (params['tag'] === 'wx-open-subscribe' ? 'subscribe' : 'launch') : api
    const refused = this.refusal(api, params)
    if (refused) return { errMsg: `${name}:${refused}` }
    try {
      const answer = await ACTIONS[api]!(this, params)
      return answer === CANCEL ? { errMsg: `${name}:cancel` } : { ...answer, errMsg: `${name}:ok` }
    } catch (problem) {
      const why = wording(problem, language.value)
      return { errMsg: `${name}:fail, ${why}` }
    }
  }

  private refusal(api: string, params: Params): string | null {
    if (!this.rights) return OFFLINE
    if (this.snapshot.value) return DENIED
    if (api === OPEN_TAG) return this.rights.openTags.includes(String(params['tag'])) ? null : DENIED
    if (!Object.hasOwn(ACTIONS, api)) return 'function not exist'
    if (ALWAYS.has(api) || this.rights.apis.includes(api)) return null
    return this.rights.denied.includes(api) ? DENIED : OFFLINE
  }

  private async configure(config: Params, origin: string): Promise<Result> {
    this.rights = null
    if (!belongsTo(config['url'], origin)) return { errMsg: 'config:fail' }
    try {
      const rights = await this.pages.configure(config)
      if (rights.errMsg === 'config:ok') {
        this.rights = rights
        this.appid = String(config['appId'])
      }
      return { errMsg: rights.errMsg, reason: rights.reason, openTags: rights.openTags }
    } catch (problem) {
      return { errMsg: 'config:fail', reason: problem instanceof ApiError ? problem.said : null }
    }
  }
}

/** Whether a page says its own address: nobody else's would be checked against the account's domains. */
function belongsTo(url: unknown, origin: string): boolean {
  try {
    return new URL(String(url)).origin === origin
  } catch {
    return false
  }
}
