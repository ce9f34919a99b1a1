// What the platform tells the pages and takes from them, under short names: the shapes themselves are made from the
// control routes (`make types`).
import type { components } from './schema'

type Schemas = components['schemas']

export type Account = Schemas['AccountState']
export type AccountKind = Account['kind']
/** What everybody meets on the authorisation page; 0 is none. */
export type PageError = Account['page_error']
export type Encryption = Account['encryption']
export type Credentials = Schemas['CredentialsView']
export type NewAccount = Schemas['AccountConfig']
export type AccountChange = Schemas['AccountChange']
/** A Token or key that is left out stays as it is. */
export type CallbackSettings = Schemas['CallbackForm']
export type Verification = Schemas['Verified']

export type Relation = Schemas['TieView']
export type Person = Schemas['PersonView']
export type ClockReading = Schemas['ClockView']
export type World = Schemas['StateView']
export type MenuButton = Schemas['MenuButtonView']
export type Menu = Schemas['MenuView']

export type Chat = Schemas['ChatView']
export type ChatItem = Chat['items'][number]
export type Via = ChatItem['via']
export type Article = Schemas['ArticleCard']
export type TextItem = Schemas['TextLine']
export type PictureItem = Schemas['ImageLine']
export type VoiceItem = Schemas['VoiceLine']
export type VideoItem = Schemas['VideoLine'] | Schemas['ShortVideoLine']
export type LocationItem = Schemas['LocationLine']
export type LinkItem = Schemas['LinkLine']
export type MusicItem = Schemas['MusicLine']
export type NewsItem = Schemas['ArticlesLine']
export type MsgMenuItem = Schemas['MenuLine']
export type MiniProgram = Schemas['MiniProgramTarget']
export type TemplateItem = Schemas['TemplateLine']
export type MiniProgramItem = Schemas['MiniProgramLine']
export type CardItem = Schemas['CardLine']
export type SystemItem = Schemas['EventLine'] | Schemas['FailureLine']

export type Saying = Omit<Schemas['Speaking'], 'appid'>
export type MessageType = Saying['type']
export type Tap = Omit<Schemas['Tapping'], 'appid'>
export type ActResult = Schemas['ActView']

export type Body = string | Schemas['SizeOnly'] | null
export type Traffic = Schemas['TrafficEntry']
/** A push with all its attempts, a call, a visit, or a pause of pushes. */
export type Row = Schemas['RowView']
export type RowKind = Row['kind']
export type RowDetail = Schemas['RowDetail']
export type RowCode = Schemas['RowCode']
export type Seal = NonNullable<RowDetail['seals'][number]>
export type Said = Schemas['BothLanguages']
/** A page of rows, newest first. */
export type Found = Schemas['Found']
/** Rows that are new or have changed. */
export interface RowsEvent {
  log: string
  rows: Row[]
}

/** Whether somebody accepts connections where an account's URL points; null without a URL or when it cannot be told. */
export type ProgramState = Schemas['ProgramView']
export type SituationView = Schemas['SituationView']
/** How a page answers: `problem` when it does not, `forbids` with the header that keeps it out of the phone's frame. */
export type PageLook = Schemas['PageLook']
export type Quota = Schemas['CallCount']
export type QrCode = Schemas['CodeView']
export type Alarm = Schemas['AlarmView']
export type Trigger = Schemas['TriggerView']
export type TriggerOutcome = Schemas['Delivered']

export type Menus = Schemas['MenusView']
export type MessageTemplate = Schemas['Template']
export type NoticeTemplate = Schemas['NoticeTemplateView']
export type StoredFile = Schemas['Listed']
export type Draft = Schemas['DraftView']
export type Follower = Schemas['FollowerView']
export type FollowersPage = Schemas['FollowersView']
export type Tag = Schemas['TagView']
export type Right = Schemas['RightView']
export type Publication = Schemas['PublicationView']
export type WebArticle = Schemas['ArticleView']
export type MassJob = Schemas['MassJobView']
export type MassOutcome = Schemas['MassOutcome']
export type PublishPlan = Schemas['PublishPlan']
export type PushForm = Schemas['PushForm']
export type BuiltPush = Schemas['BuiltPush']

export type Desk = Schemas['DeskView']
export type Agent = Schemas['AgentView']
export type Invitation = Schemas['Invitation']
export type WaitingPerson = Schemas['WaitingView']
export type ServiceSession = Schemas['SessionView']
export type NewAgent = Schemas['NewAgent']
export type Coverage = Schemas['Coverage']
export type CallEntry = Schemas['CallEntry']
export type CallPage = Schemas['CallPage']
export type PushEntry = Schemas['PushEntry']
export type PushPage = Schemas['PushPage']
export type PushElement = Schemas['ElementView']
export type CodeRow = Schemas['CodeRow']
export type CodePage = Schemas['CodePage']

export type Fault = Schemas['Fault']
export type FaultOrder = Schemas['Order']
export type FaultSide = Fault['side']
export type FaultKind = Fault['kind']
export const FAULT_KINDS: Record<FaultSide, FaultKind[]> = {
  api: ['errcode', 'status', 'delay', 'drop'],
  push: ['delay', 'drop', 'duplicate', 'reorder'],
}
export type Snapshot = Schemas['Snapshot']
export type Recording = Schemas['RecordingView']

/** What a page may use after `wx.config`, or why nothing. */
export type Rights = Schemas['Rights']
export type Share = Schemas['Share']

// Told by the event stream only.

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
