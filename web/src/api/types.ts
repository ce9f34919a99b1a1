// The shapes of docs/control-api.md, word for word: what the platform tells the pages.

export type AccountKind = 'subscription' | 'service' | 'test'
/** What everybody meets on the authorisation page; 0 is none. */
export type PageError = 0 | 10004 | 10009 | 10015 | 10016
export type Encryption = 'plain' | 'compatible' | 'safe'

export interface Account {
  appid: string
  original_id: string
  name: string
  wechat_id: string
  kind: AccountKind
  verified: boolean
  /** `***` when there is one: only `credentials` gives the value. So are the next two. */
  secret: string
  token: string
  aes_key: string
  encryption: Encryption
  url: string
  oauth_domain: string
  second_oauth_domain: string
  js_domains: string[]
  business_domains: string[]
  ip_allow_list: string[]
  ip_allow_list_scope: 'all' | 'token'
  ip_refusal_code: 40164 | 61004
  /** The allow-list that counts until `ip_list_from`. */
  ip_list_before: string[]
  ip_list_from: number
  web_authorization: boolean
  open_platform: string
  headimgurl: string
  description: string
  call_limits: Record<string, number>
  customer_service: boolean
  comments: boolean
  page_error: PageError
  secret_frozen: boolean
  mass: object
  autoreply: object
}

export interface Credentials {
  appid: string
  secret: string
  token: string
  aes_key: string
  encryption: Encryption
}

export type NewAccount = Pick<Account, 'name' | 'kind' | 'verified'> & Partial<Account>

export interface Relation {
  openid: string
  subscribed: boolean
  unionid: string | null
}

export interface Person {
  name: string
  nickname: string
  headimgurl: string
  /** The person has closed the WeChat account and can do nothing any more. */
  closed?: boolean
  accounts: Record<string, Relation>
}

export interface ClockReading {
  now: number
  frozen: boolean
}

export interface World {
  clock: ClockReading
  accounts: Account[]
  people: Person[]
  version: string
}

export interface MenuButton {
  type?: string
  name: string
  key?: string
  url?: string
  appid?: string
  pagepath?: string
  media_id?: string
  article_id?: string
  sub_button?: MenuButton[]
}

export interface Menu {
  button: MenuButton[]
}

export type Via = 'message' | 'passive' | 'customer' | 'template' | 'mass' | 'menu' | 'platform'

interface ChatBase {
  seq: number
  time: number
  appid: string
  person: string
  side: 'person' | 'account' | 'system'
  via: Via
  kf?: string | null
  /** A grey word beside the line, such as 服务通知 for what reaches somebody who does not follow. */
  note?: string
}

export interface Article {
  title: string
  description: string
  url: string
  picurl: string
}

export interface TextItem extends ChatBase {
  type: 'text'
  content: string
}
export interface MediaItem extends ChatBase {
  type: 'image' | 'voice' | 'video' | 'shortvideo'
  media_id: string
  url: string
  title?: string
  description?: string
  content?: string
}
export interface LocationItem extends ChatBase {
  type: 'location'
  latitude: number
  longitude: number
  scale: number
  label: string
}
export interface LinkItem extends ChatBase {
  type: 'link'
  title: string
  description: string
  url: string
  picurl?: string
  /** Nickname of the friend who passed the page on. */
  sharer?: string
  thumb_url?: string
}
export interface MusicItem extends ChatBase {
  type: 'music'
  title: string
  description: string
  url: string
  thumb_url: string
}
export interface NewsItem extends ChatBase {
  type: 'news'
  articles: Article[]
}
export interface MsgMenuItem extends ChatBase {
  type: 'msgmenu'
  head: string
  list: { id: string; content: string }[]
  tail: string
}
export interface MiniProgram {
  appid: string
  pagepath?: string
}
export interface TemplateItem extends ChatBase {
  type: 'template'
  title: string
  lines: { label: string; value: string }[]
  url?: string | null
  miniprogram?: MiniProgram | null
}
export interface MiniProgramItem extends ChatBase {
  type: 'miniprogrampage'
  title: string
  miniprogram?: MiniProgram | null
  thumb_url?: string
}
export interface CardItem extends ChatBase {
  type: 'wxcard'
  card_id?: string
  title?: string
  content?: string
}
export interface SystemItem extends ChatBase {
  type: 'event' | 'failure'
  content: string
}

export type ChatItem =
  | TextItem
  | MediaItem
  | LocationItem
  | LinkItem
  | MusicItem
  | NewsItem
  | MsgMenuItem
  | TemplateItem
  | MiniProgramItem
  | CardItem
  | SystemItem

export interface Chat {
  items: ChatItem[]
  menu: Menu | null
  typing: boolean
}

export type MessageType = 'text' | 'image' | 'voice' | 'video' | 'shortvideo' | 'location' | 'link'

export interface Saying {
  type: MessageType
  content?: string
  file?: string
  filename?: string
  latitude?: number
  longitude?: number
  label?: string
  title?: string
  description?: string
  url?: string
  msgmenu_id?: string
}

export interface Tap {
  path: number[]
  scan_result?: string
  latitude?: number
  longitude?: number
  label?: string
  files?: string[]
}

export interface ActResult {
  items?: ChatItem[]
  open?: string | null
}

export interface ScanResult extends ActResult {
  appid?: string | null
  event?: string | null
}

export type Body = string | { bytes: number; content_type: string } | null

export type TrafficKind = 'push' | 'verify' | 'api' | 'web'

/** A part of the log, oldest first; `dropped` entries after the cursor are not held any more. */
export interface TrafficPage {
  entries: Traffic[]
  oldest: number
  last: number
  dropped: number
  more: boolean
}

export interface Traffic {
  seq: number
  time: number
  kind: TrafficKind
  appid: string
  title: string
  person?: string | null
  openid?: string | null
  attempt?: number | null
  of?: number | null
  request: { method: string; url: string; headers: Record<string, string>; body: Body }
  decrypted?: string | null
  response?: { status: number; headers: Record<string, string>; body: Body } | null
  response_decrypted?: string | null
  verdict: { ok: boolean; class: string; zh: string; en: string }
  cost_ms: number
  rid?: string | null
  errcode?: number | null
}

/** Whether somebody accepts connections where an account's URL points; null without a URL or when it cannot be told. */
export interface ProgramState {
  url: string
  listening: boolean | null
}

/** How a page answers: `problem` when it does not, `forbids` with the header that keeps it out of the phone's frame. */
export interface PageLook {
  status: number
  problem: string
  forbids: string
}

export interface Verification {
  ok: boolean
  zh: string
  en: string
  seq: number
}

/** A Token or key that is left out stays as it is. */
export interface CallbackSettings {
  url: string
  token?: string
  aes_key?: string
  encryption: Encryption
}

export interface Quota {
  path: string
  daily: number | null
  used: number
}

export interface QrCode {
  ticket: string
  url: string
  scene: string
  expires_at: number | null
}

export interface Alarm {
  time: number
  type: string
  text: string
}

export interface Trigger {
  name: string
  zh: string
  en: string
}

export interface TriggerOutcome {
  ok: boolean
  zh: string
  en: string
}

export interface Typing {
  person: string
  appid: string
  on: boolean
}

/** 快照页: `url` leads to the full service. */
export interface SnapshotPage {
  person: string
  appid: string
  url: string
}

export interface Invitation {
  invite_wx: string
  expires_at: number
  status: 'waiting' | 'rejected' | 'expired'
}

export interface Agent {
  kf_account: string
  nickname: string
  headimgurl: string
  /** Who works as this agent; empty while nobody does. */
  kf_wx: string
  online: boolean
  /** How many people are taken without being asked. */
  auto_accept: number
  invitation: Invitation | null
}

export interface WaitingPerson {
  person: string
  openid: string
  since: number
  latest: number
  text: string
}

export interface ServiceSession {
  person: string
  openid: string
  kf_account: string
  since: number
  /** False after half an hour: messages go to the account's server again. */
  forwards: boolean
}

export interface Desk {
  enabled: boolean
  agents: Agent[]
  waiting: WaitingPerson[]
  sessions: ServiceSession[]
}

export interface NewAgent {
  prefix: string
  nickname: string
  person: string
}

export interface Coverage {
  endpoints: {
    group: string
    verb: string
    path: string
    name: string
    zh: string
    en: string
    kit: 'typed' | 'listed'
    platform: 'behaviour' | 'constant' | 'fallback' | 'retired'
  }[]
  pushes: { kind: 'message' | 'event'; name: string; cls: string; zh: string; en: string; made_by: string[] }[]
  codes: { code: number; zh: string; en: string; given: 'behaviour' | 'fault' | 'no' }[]
}
