// What the phone asks the platform on behalf of a web page (JS-SDK). Files travel as base64.
import type { Params } from '../jweixin/protocol'
import { base64, fromUpload } from '../ui/files'
import type { ControlApi } from './client'
import type { Rights } from './types'

export type PageFile = 'image' | 'voice'
export type ShareTarget = 'friend' | 'timeline' | 'qq' | 'weibo' | 'qzone'

export interface ShareCard {
  page: string
  title: string
  description: string
  link: string
  picture: string
}

export class PageApi {
  constructor(
    private readonly api: ControlApi,
    private readonly person: string,
  ) {}

  configure = (config: Params): Promise<Rights> => this.api.jssdk(this.person, 'config', config)

  async upload(appid: string, kind: PageFile, file: Blob): Promise<string> {
    const body = { appid, kind, file: await encoded(file) }
    return (await this.api.jssdk<{ server_id: string }>(this.person, 'upload', body)).server_id
  }

  async download(appid: string, kind: PageFile, server_id: string): Promise<Blob> {
    const body = { appid, kind, server_id }
    const found = await this.api.jssdk<{ file: string; content_type: string }>(this.person, 'download', body)
    return fromUpload({ file: found.file, filename: server_id }, found.content_type)
  }

  async words(file: Blob): Promise<string> {
    return (await this.api.jssdk<{ words: string }>(this.person, 'translate', { file: await encoded(file) })).words
  }

  share = (appid: string, target: ShareTarget, to: string, card: ShareCard): Promise<ShareCard> =>
    this.api.jssdk(this.person, 'share', { appid, target, to, ...card })

  subscribe = (appid: string, accept: string[], reject: string[]): Promise<unknown> =>
    this.api.answerNotices(this.person, appid, accept, reject)
}

async function encoded(file: Blob): Promise<string> {
  return base64(new Uint8Array(await file.arrayBuffer()))
}
