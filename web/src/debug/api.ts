// The routes of the interface debugging tool. Bodies and answers may hold numbers beyond 2**53, which stay exact.
import type { ControlApi } from '../api/client'
import type { components } from '../api/schema'
import { readJson, writeJson } from '../ui/json'
import type { FileValue } from '../ui/schema'

type Schemas = components['schemas']

export type Calls = Schemas['DebugCalls']
export type Chapter = Schemas['CallChapter']
export type CallRow = Schemas['CallRow']
export type WeChatItself = Schemas['WeChatItself']
export type FilledForm = Schemas['FilledForm']
export type CallForm = Schemas['CallForm']
export type Tried = Schemas['Tried']
export type Told = Schemas['CodeTold']
export type ShownBody = Schemas['ShownBody']
export type CodeView = Schemas['TrialCode']
export type RowTrial = Schemas['RowTrial']
export type RidFound = Schemas['RidFound']
export type Target = NonNullable<Schemas['Trial']['target']>
export type PushRow = Schemas['PushRow']
export type PushForm = Schemas['PushForm']
export type PushWish = Schemas['PushWish']
export type BuiltPush = Schemas['BuiltPush']
export type SentPush = Schemas['SentPush']
export type VerifiedUrl = Schemas['VerifiedUrl']
export type Decrypted = Schemas['Decrypted']
export type PageSignature = Schemas['PageSignature']

export type Values = Record<string, unknown>

export interface Trial {
  call: string
  target: Target
  appid: string
  values: Values
  files: Record<string, FileValue>
  access_token: string | null
  confirmed?: boolean
}

export class DebugApi {
  constructor(private readonly api: ControlApi) {}

  calls = (): Promise<Calls> => this.get('calls')
  form = (call: string, appid: string, person: string, target: Target): Promise<FilledForm> =>
    this.get(`form?${new URLSearchParams({ call, appid, person, target })}`)
  run = (trial: Trial): Promise<Tried> => this.post('run', trial)
  code = (trial: Trial): Promise<CodeView> => this.post('code', trial)
  rid = (text: string, target: Target): Promise<RidFound> => this.post('rid', { text, target })

  row = (number: string): Promise<RowTrial> => this.get(`rows/${encodeURIComponent(number)}`)

  pushes = (): Promise<{ pushes: PushRow[] }> => this.get('pushes')
  push = (event: string, appid: string, person: string): Promise<PushForm> =>
    this.get(`push?${new URLSearchParams({ event, appid, person })}`)
  build = (wish: Partial<PushWish>): Promise<BuiltPush> => this.post('push', wish)
  send = (wish: Partial<PushWish>): Promise<SentPush> => this.post('push/send', wish)
  verify = (appid: string, url: string, token: string): Promise<VerifiedUrl> =>
    this.post('verify', { appid, url, token: token || null })
  decrypt = (wish: object): Promise<Decrypted> => this.post('decrypt', wish)
  signPage = (wish: object): Promise<PageSignature> => this.post('jssdk', wish)

  private get = <T>(path: string): Promise<T> => this.exchange('GET', path)
  private post = <T>(path: string, body: object): Promise<T> => this.exchange('POST', path, writeJson(body, 0))

  private async exchange<T>(method: string, path: string, body?: string): Promise<T> {
    return readJson(await this.api.text(method, `debug/${path}`, body)) as T
  }
}
