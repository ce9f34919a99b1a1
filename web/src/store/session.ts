// Everything the pages know and do, in one place: who I am, which account I look at, what is live. Components get it
// by `useSession` and never talk to the platform on their own.
import { computed, inject, provide, ref, shallowRef, type App, type InjectionKey, type Ref } from 'vue'

import { ControlApi } from '../api/client'
import { listen, type Stream } from '../api/live'
import { openStream } from '../api/openStream'
import type { Account, ActResult, Person, SnapshotPage, World } from '../api/types'
import { Chats } from './chats'
import { ClockFace } from './clockFace'
import { Notices } from './notices'
import { Situation } from './situation'
import { TrafficLog } from './trafficLog'

const REMEMBERED = { person: 'gongzhong.person', appid: 'gongzhong.appid' }

export class Session {
  readonly chats = new Chats()
  readonly traffic = new TrafficLog((question) => this.api.rows(question))
  readonly clock = new ClockFace()
  readonly notices = new Notices()
  readonly world = shallowRef<World | null>(null)
  readonly connected = ref(false)
  readonly failed = ref(false)
  /** A page that was just opened as a snapshot (快照页), by whomever. */
  readonly snapshot = shallowRef<SnapshotPage | null>(null)
  readonly personName = ref(localStorage.getItem(REMEMBERED.person) ?? '')
  readonly appid = ref(localStorage.getItem(REMEMBERED.appid) ?? '')

  readonly accounts = computed<Account[]>(() => this.world.value?.accounts ?? [])
  readonly people = computed<Person[]>(() => this.world.value?.people ?? [])
  readonly account = computed(() => this.accounts.value.find((account) => account.appid === this.appid.value) ?? null)
  readonly person = computed(() => this.people.value.find((person) => person.name === this.personName.value) ?? null)
  readonly relation = computed(() => this.person.value?.accounts[this.appid.value] ?? null)
  readonly subscribed = computed(() => this.relation.value?.subscribed ?? false)
  readonly items = computed(() => this.chats.items(this.personName.value, this.appid.value))
  readonly menu = computed(() => this.chats.menu(this.personName.value, this.appid.value))
  readonly situation: Situation
  readonly typing = computed(() => this.chats.typing(this.personName.value, this.appid.value))

  constructor(
    readonly api: ControlApi = new ControlApi(),
    private readonly connect: () => Stream = openStream,
  ) {
    this.situation = new Situation(api, this.appid, this.clock.now, this.world)
  }

  /** The same session with the phone of somebody else: only what depends on whose phone it is is its own. */
  withPhoneOf(personName: Ref<string>): Session {
    const person = computed(() => this.people.value.find(({ name }) => name === personName.value) ?? null)
    const relation = computed(() => person.value?.accounts[this.appid.value] ?? null)
    const other: Session = Object.assign(Object.create(this) as Session, {
      personName,
      person,
      relation,
      subscribed: computed(() => relation.value?.subscribed ?? false),
      items: computed(() => this.chats.items(personName.value, this.appid.value)),
      menu: computed(() => this.chats.menu(personName.value, this.appid.value)),
      typing: computed(() => this.chats.typing(personName.value, this.appid.value)),
      choosePerson: async (name: string): Promise<void> => {
        personName.value = name
        await other.showChat()
      },
    })
    return other
  }

  /** Fetch the chat of this phone's person with the chosen account. */
  async showChat(): Promise<void> {
    await this.attempt(() => this.loadChat())
  }

  /** Follow the platform until the returned function is called. */
  start(): () => void {
    // Everything is fetched when the stream has opened: what happens from then on comes as events, so once is enough.
    return listen(this.connect, {
      opened: () => void this.attempt(() => this.catchUp()),
      lost: () => {
        this.connected.value = false
        this.failed.value = this.world.value === null
      },
      chat: (item) => {
        this.chats.merge([item])
        // A message ends "typing…", as on a phone, even if nobody cancels it.
        if (item.side === 'account') this.chats.setTyping({ ...item, on: false })
        this.seen()
      },
      rows: (event) => {
        this.traffic.take(event)
        this.chats.link(event.rows)
      },
      clock: (clock) => this.clock.set(clock),
      state: (exchanged) => void this.attempt(() => this.stateChanged(exchanged)),
      typing: (typing) => this.chats.setTyping(typing),
      snapshot: (page) => (this.snapshot.value = page),
    })
  }

  async choosePerson(name: string): Promise<void> {
    this.personName.value = name
    localStorage.setItem(REMEMBERED.person, name)
    await this.attempt(() => this.openChat())
  }

  async chooseAccount(appid: string): Promise<void> {
    this.appid.value = appid
    localStorage.setItem(REMEMBERED.appid, appid)
    await this.attempt(() => this.openChat())
  }

  /** Let the chosen person do something; the lines it makes appear at once. Null when it failed. */
  async act<T extends ActResult>(what: (api: ControlApi, person: string, appid: string) => Promise<T>): Promise<T | null> {
    const result = await this.attempt(() => what(this.api, this.personName.value, this.appid.value))
    if (result?.items) {
      this.chats.merge(result.items)
      this.seen()
    }
    return result
  }

  /** Run something that may be refused; the refusal becomes a notice. */
  async attempt<T>(what: () => Promise<T>): Promise<T | null> {
    try {
      return await what()
    } catch (error) {
      this.notices.complain(error)
      return null
    }
  }

  async refresh(): Promise<void> {
    const world = await this.api.state()
    this.world.value = world
    this.clock.set(world.clock)
    if (!this.person.value) this.personName.value = world.people[0]?.name ?? ''
    if (!this.account.value) this.appid.value = world.accounts[0]?.appid ?? ''
    await this.loadChat()
  }

  async reset(): Promise<void> {
    await this.api.reset()
    this.chats.clear()
    await Promise.all([this.traffic.restart(), this.refresh()])
  }

  /** Have a chat here: all of it the first time, later only what followed. */
  async readChat(person: string, appid: string): Promise<void> {
    const [known, newest] = [this.chats.wholeTo(person, appid), this.chats.lastSeq(person, appid)]
    let chat = await this.api.chat(person, appid, known ? known.seq - 1 : 0)
    const [first, last] = [chat.items[0], chat.items.at(-1)]
    const isSame = !known || (first?.seq === known.seq && first.time === known.time)
    // A platform that was reset or started anew counts from the beginning: what is shown here never happened there.
    if (!isSame || (last?.seq ?? 0) < newest) {
      this.chats.clear()
      if (known) chat = await this.api.chat(person, appid, 0)
    }
    this.chats.fetched(person, appid, chat.items)
    this.chats.setMenu(person, appid, chat.menu)
    this.chats.setTyping({ person, appid, on: chat.typing })
  }

  seen(): void {
    if (document.visibilityState !== 'hidden') this.chats.markRead(this.personName.value, this.appid.value)
  }

  private async catchUp(): Promise<void> {
    this.connected.value = true
    this.failed.value = false
    await Promise.all([this.traffic.catchUp(), this.refresh()])
  }

  /** Also what the platform says when this page read too slowly and events were dropped. */
  private async stateChanged(exchanged: boolean): Promise<void> {
    if (exchanged) this.chats.clear()
    await this.refresh()
    await (exchanged ? this.traffic.restart() : this.traffic.catchUp())
  }

  private async openChat(): Promise<void> {
    await this.loadChat()
    const { personName, appid } = this
    if (this.subscribed.value) await this.act((api) => api.enter(personName.value, appid.value))
  }

  private async loadChat(): Promise<void> {
    const [person, appid] = [this.personName.value, this.appid.value]
    if (!person || !appid) return
    await this.readChat(person, appid)
    this.seen()
  }

}

const SESSION: InjectionKey<Session> = Symbol('session')

export function provideSession(app: App, session: Session): void {
  app.provide(SESSION, session)
}

/** Give a session of their own to the components below the calling one. */
export function provideBelow(session: Session): void {
  provide(SESSION, session)
}

export function useSession(): Session {
  const session = inject(SESSION)
  if (!session) throw new Error('no session: call provideSession on the app first')
  return session
}
