// Every call of the control API as one typed method; the only place that knows its paths.
import type {
  Account,
  AccountChange,
  ActResult,
  Alarm,
  BuiltPush,
  CallbackSettings,
  CallEntry,
  CallPage,
  Chat,
  ChatItem,
  ClockReading,
  CodePage,
  CodeRow,
  Coverage,
  Credentials,
  Desk,
  Found,
  Draft,
  Fault,
  FaultOrder,
  FollowersPage,
  MassJob,
  MassOutcome,
  Menu,
  Menus,
  MessageTemplate,
  NewAccount,
  NewAgent,
  NoticeTemplate,
  PageLook,
  Person,
  PushEntry,
  PushPage,
  ProgramState,
  Publication,
  PublishPlan,
  PushForm,
  QrCode,
  Quota,
  Recording,
  RowCode,
  RowDetail,
  Right,
  Saying,
  SituationView,
  Snapshot,
  StoredFile,
  Tag,
  Tap,
  Trigger,
  TriggerOutcome,
  Verification,
  World,
} from './types'

const BASE = '/_platform/'

export interface Bilingual {
  zh: string
  en: string
}

/** The platform refused, or could not be asked; says why in both languages. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly said: Bilingual,
  ) {
    super(said.en)
  }
}

async function complaint(response: Response): Promise<ApiError> {
  const fallback = { zh: `平台回答 HTTP ${response.status}`, en: `The platform answered HTTP ${response.status}` }
  try {
    const body = (await response.json()) as { error?: Partial<Bilingual> }
    return new ApiError(response.status, { ...fallback, ...body.error })
  } catch {
    return new ApiError(response.status, fallback)
  }
}

/** Which rows of the log are asked for; see docs/control-api.md. */
export interface Question {
  q: string
  appid: string
  before?: number
  after?: number
  limit?: number
  among?: readonly number[]
}

/** What is set in a question about rows, as a query. */
function query(question: Question): string {
  const pairs = Object.entries(question).filter(([, value]) => value !== undefined && value !== '' && value !== 0)
  return new URLSearchParams(pairs.map(([name, value]) => [name, String(value)])).toString()
}

/** Where the rows that match can be had as a file. */
export function exportUrl(q: string, appid: string, form: 'har' | 'json'): string {
  return `${BASE}rows/export?${new URLSearchParams({ q, appid, form })}`
}

function filled(params: Record<string, string | number | null>): URLSearchParams {
  const given = Object.entries(params).filter(([, value]) => value !== null && value !== '')
  return new URLSearchParams(given.map(([name, value]) => [name, String(value)]))
}

export function browseUrl(person: string, appid: string, url: string): string {
  return `${BASE}browse?${new URLSearchParams({ person, appid, url })}`
}

export class ControlApi {
  constructor(private readonly fetcher: typeof fetch = (input, init) => fetch(input, init)) {}

  coverage = (): Promise<Coverage> => this.get('coverage')
  referenceCalls = (): Promise<{ calls: CallEntry[] }> => this.get('reference/calls')
  referenceCall = (name: string): Promise<CallPage> => this.get(`reference/calls/${encodeURIComponent(name)}`)
  referencePushes = (): Promise<{ pushes: PushEntry[] }> => this.get('reference/pushes')
  referencePush = (name: string, appid: string): Promise<PushPage> => this.get(`reference/pushes/${encodeURIComponent(name)}?appid=${encodeURIComponent(appid)}`)
  referenceCodes = (): Promise<{ codes: CodeRow[] }> => this.get('reference/codes')
  referenceCode = (code: number): Promise<CodePage> => this.get(`reference/codes/${code}`)
  state = (): Promise<World> => this.get('state')
  addAccount = (account: NewAccount): Promise<Account> => this.post('accounts', account)
  editAccount = (appid: string, change: AccountChange): Promise<Account> =>
    this.send('PATCH', this.account(appid), change)
  credentials = (appid: string): Promise<Credentials> => this.post(`${this.account(appid)}/credentials`, {})
  submitUrl = (appid: string, settings: CallbackSettings): Promise<Verification> =>
    this.post(`${this.account(appid)}/url`, settings)
  menu = (appid: string): Promise<Menu> => this.get(`${this.account(appid)}/menu`)
  program = (appid: string): Promise<ProgramState> => this.get(`${this.account(appid)}/program`)
  situation = (appid: string): Promise<SituationView> => this.get(`${this.account(appid)}/situation`)
  lookAtPage = (url: string, phone: string): Promise<PageLook> => this.get(`page?${new URLSearchParams({ url, phone })}`)
  quota = (appid: string): Promise<{ calls: Quota[] }> => this.get(`${this.account(appid)}/quota`)
  alarms = (appid: string): Promise<{ alarms: Alarm[] }> => this.get(`${this.account(appid)}/alarms`)
  qrCodes = (appid: string): Promise<{ codes: QrCode[] }> => this.get(`${this.account(appid)}/qrcodes`)
  menus = (appid: string): Promise<Menus> => this.get(`${this.account(appid)}/menus`)
  templates = (appid: string): Promise<{ templates: MessageTemplate[] }> => this.get(`${this.account(appid)}/templates`)
  files = (appid: string, kind: string, before: number | null): Promise<{ files: StoredFile[]; next: number | null }> =>
    this.get(`${this.account(appid)}/files?${filled({ kind, before })}`)
  drafts = (appid: string): Promise<{ drafts: Draft[]; total: number }> => this.get(`${this.account(appid)}/drafts?limit=1000`)
  followers = (appid: string, q: string, tag: string, after: number | null): Promise<FollowersPage> =>
    this.get(`${this.account(appid)}/people?${filled({ q, tag, after })}`)
  tags = (appid: string): Promise<{ tags: Tag[] }> => this.get(`${this.account(appid)}/tags`)
  rights = (appid: string): Promise<{ calls: Right[] }> => this.get(`${this.account(appid)}/rights`)
  publications = (appid: string): Promise<{ publications: Publication[] }> => this.get(`${this.account(appid)}/articles`)
  massJobs = (appid: string): Promise<{ jobs: MassJob[]; results: string[] }> => this.get(`${this.account(appid)}/mass`)
  confirmMass = (appid: string, msgId: number, agree: boolean): Promise<unknown> =>
    this.post(`${this.account(appid)}/mass/${msgId}/confirm`, { agree })
  planMass = (appid: string, outcome: MassOutcome): Promise<unknown> => this.post(`${this.account(appid)}/next-mass`, outcome)
  planPublish = (appid: string, plan: PublishPlan): Promise<unknown> => this.post(`${this.account(appid)}/next-publish`, plan)
  banArticle = (url: string): Promise<unknown> => this.post('articles/ban', { url })

  reset = (): Promise<unknown> => this.post('reset', {})

  addPerson = (name: string, nickname: string): Promise<Person> => this.post('people', { name, nickname })
  follow = (person: string, appid: string): Promise<ActResult> => this.act(person, 'follow', { appid })
  unfollow = (person: string, appid: string): Promise<ActResult> => this.act(person, 'unfollow', { appid })
  say = (person: string, appid: string, saying: Saying): Promise<ActResult> =>
    this.act(person, 'say', { appid, ...saying })
  tap = (person: string, appid: string, tap: Tap): Promise<ActResult> => this.act(person, 'tap', { appid, ...tap })
  scan = (person: string, code: { ticket: string } | { url: string }): Promise<ActResult> =>
    this.act(person, 'scan', code)
  enter = (person: string, appid: string): Promise<ActResult> => this.act(person, 'enter', { appid })
  chat = (person: string, appid: string, after = 0): Promise<Chat> =>
    this.get(`${this.person(person)}/chats/${encodeURIComponent(appid)}?after=${after}`)

  clock = (): Promise<ClockReading> => this.get('clock')
  advance = (seconds: number): Promise<ClockReading> => this.post('clock', { advance: seconds })
  freeze = (freeze: boolean): Promise<ClockReading> => this.post('clock', { freeze })

  realTime = (): Promise<ClockReading> => this.post('clock', { real: true })

  rows = (question: Question): Promise<Found> => this.get(`rows?${query(question)}`)
  row = (number: number): Promise<RowDetail> => this.get(`rows/${number}`)
  rowCode = (number: number): Promise<RowCode> => this.post(`rows/${number}/code`, {})
  resend = (number: number, body: string | null = null): Promise<TriggerOutcome> => this.post(`rows/${number}/resend`, { body })

  desk = (appid: string): Promise<Desk> => this.get(`${this.account(appid)}/desk`)
  addAgent = (appid: string, agent: NewAgent): Promise<Desk> => this.post(`${this.account(appid)}/desk/agents`, agent)
  answerInvitation = (appid: string, kf_account: string, person: string, accept: boolean): Promise<Desk> =>
    this.post(`${this.person(person)}/invitation`, { appid, kf_account, accept })
  setPresence = (appid: string, kf_account: string, online: boolean, auto_accept: number): Promise<Desk> =>
    this.post(`${this.account(appid)}/desk/presence`, { kf_account, online, auto_accept })
  serve = (appid: string, kf_account: string, person: string): Promise<Desk> =>
    this.post(`${this.account(appid)}/desk/accept`, { kf_account, person })
  answerAs = (appid: string, kf_account: string, person: string, content: string): Promise<ChatItem> =>
    this.post(`${this.account(appid)}/desk/say`, { kf_account, person, content })
  handOn = (appid: string, kf_account: string, person: string, to: string): Promise<Desk> =>
    this.post(`${this.account(appid)}/desk/switch`, { kf_account, person, to })
  release = (appid: string, kf_account: string, person: string): Promise<Desk> =>
    this.post(`${this.account(appid)}/desk/close`, { kf_account, person })

  jssdk = <T>(person: string, verb: string, body: object): Promise<T> =>
    this.post(`${this.person(person)}/jssdk/${verb}`, body)
  notices = (appid: string): Promise<{ templates: NoticeTemplate[] }> =>
    this.get(`${this.account(appid)}/subscriptions`)
  answerNotices = (person: string, appid: string, accept: string[], reject: string[]): Promise<unknown> =>
    this.post(`${this.person(person)}/subscribe-notice`, { appid, accept, reject })
  turnNoticesOff = (person: string, appid: string, withdraw: string[]): Promise<unknown> =>
    this.post(`${this.person(person)}/subscribe-notice`, { appid, withdraw })
  withdraw = (person: string, appid: string, items: string[]): Promise<unknown> =>
    this.post(`${this.person(person)}/withdraw`, { appid, items })
  cleanProfile = (person: string): Promise<unknown> => this.post(`${this.person(person)}/clean-profile`, {})
  closeWechat = (person: string): Promise<unknown> => this.post(`${this.person(person)}/close-wechat`, {})

  triggers = (): Promise<{ events: Trigger[] }> => this.get('trigger')
  trigger = (appid: string, event: string, person: string, fields: object = {}): Promise<TriggerOutcome> =>
    this.post('trigger', { appid, event, person, fields })
  pushForm = (appid: string, event: string, person: string): Promise<PushForm> =>
    this.get(`debug/push?${new URLSearchParams({ appid, event, person })}`)
  buildPush = (appid: string, event: string, person: string, fields: object): Promise<BuiltPush> =>
    this.post('debug/push', { appid, event, person, fields })

  faults = (): Promise<{ faults: Fault[] }> => this.get('faults')
  orderFault = (order: FaultOrder): Promise<Fault> => this.post('faults', order)
  liftFault = (id: number): Promise<unknown> => this.send('DELETE', `faults/${id}`)

  snapshots = (): Promise<{ snapshots: Snapshot[] }> => this.get('snapshots')
  saveSnapshot = (name: string): Promise<Snapshot> => this.post('snapshots', { name })
  loadSnapshot = (name: string): Promise<Snapshot> => this.post(`snapshots/${encodeURIComponent(name)}/load`, {})
  deleteSnapshot = (name: string): Promise<unknown> => this.send('DELETE', `snapshots/${encodeURIComponent(name)}`)

  recording = (): Promise<Recording> => this.get('recording')
  startRecording = (appid: string): Promise<Recording> => this.post('recording/start', { appid })
  stopRecording = (): Promise<Recording> => this.post('recording/stop', {})
  recordedTest = async (target: string): Promise<string> =>
    (await this.ask('GET', `recording/test?target=${encodeURIComponent(target)}`)).text()

  /** A route that its page knows, with JSON as text: the numbers of WeChat may be larger than JavaScript's. */
  text = async (method: string, path: string, body?: string): Promise<string> => (await this.ask(method, path, body)).text()

  private account = (appid: string): string => `accounts/${encodeURIComponent(appid)}`
  private person = (name: string): string => `people/${encodeURIComponent(name)}`
  private act = <T extends ActResult>(person: string, verb: string, body: object): Promise<T> =>
    this.post(`${this.person(person)}/${verb}`, body)
  private get = <T>(path: string): Promise<T> => this.send('GET', path)
  private post = <T>(path: string, body: object): Promise<T> => this.send('POST', path, body)

  private async send<T>(method: string, path: string, body?: object): Promise<T> {
    return (await (await this.ask(method, path, body)).json()) as T
  }

  private async ask(method: string, path: string, body?: object | string): Promise<Response> {
    // A change without a body says so too: the platform takes changes only with a type that no form of another site has.
    const init: RequestInit = method === 'GET' ? { method } : { method, headers: { 'Content-Type': 'application/json' } }
    if (body !== undefined) init.body = typeof body === 'string' ? body : JSON.stringify(body)
    let response: Response
    try {
      response = await this.fetcher(BASE + path, init)
    } catch {
      throw new ApiError(0, { zh: '连不上平台，它还在运行吗？', en: 'The platform cannot be reached. Is it running?' })
    }
    if (!response.ok) throw await complaint(response)
    return response
  }
}
