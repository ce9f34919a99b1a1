// Pictures for pages: chosen from the album or taken, shown large, uploaded and fetched.
import type { Params } from '../../jweixin/protocol'
import { t } from '../../i18n'
import { chooseFiles, fromUpload } from '../../ui/files'
import { CANCEL, type ActionAnswer } from './answer'
import type { PageHost } from './pageHost'

const MOST = 9
const SOURCES = ['album', 'camera']

export async function chooseImage(host: PageHost, params: Params): Promise<ActionAnswer> {
  const asked = Array.isArray(params['sourceType']) ? params['sourceType'] : SOURCES
  const sources = SOURCES.filter((source) => asked.includes(source))
  const choices = sources.map((id) => ({ id, label: t(id === 'album' ? 'page.album' : 'page.camera') }))
  const sourceType = await host.questions.ask('choices', { title: t('page.choose'), choices })
  if (!sourceType) return CANCEL
  const files = sourceType === 'camera' ? await shoot(host) : await pick(host, Number(params['count']) || MOST)
  return files.length ? { files, sourceType } : CANCEL
}

async function shoot(host: PageHost): Promise<Blob[]> {
  const taken = await host.questions.ask('camera', {})
  return taken ? [fromUpload(taken, 'image/jpeg')] : []
}

async function pick(host: PageHost, wanted: number): Promise<Blob[]> {
  const count = Math.min(MOST, wanted)
  const files = await chooseFiles('image/*', count > 1)
  if (files.length > count) host.session.notices.say(t('page.tooMany', { count }), true)
  return files.slice(0, count)
}

export function previewImage(host: PageHost, params: Params): Params {
  const urls = Array.isArray(params['urls']) ? params['urls'].map(String) : []
  if (!urls.length) throw new Error('urls is empty')
  const files = (params['files'] as (Blob | null)[] | undefined) ?? []
  const shown = urls.map((url, at) => (files[at] instanceof Blob ? URL.createObjectURL(files[at]) : url))
  const current = Math.max(0, urls.indexOf(String(params['current'])))
  void host.questions.ask('pictures', { urls: shown, current })
  return {}
}

export async function uploadImage(host: PageHost, params: Params): Promise<Params> {
  return { serverId: await host.pages.upload(host.appid, 'image', localFile(params)) }
}

export async function downloadImage(host: PageHost, params: Params): Promise<Params> {
  return { file: await host.pages.download(host.appid, 'image', String(params['serverId'] ?? '')) }
}

/** The file that the page means by its localId. */
export function localFile(params: Params): Blob {
  if (params['file'] instanceof Blob) return params['file']
  throw new Error(t('page.noLocalId', { id: String(params['localId']) }))
}
