// Pictures and voices that the page holds by a localId. It is an address that `<img>` shows, as on most phones; the
// bytes go back to the phone when they are to be shown, uploaded or played.
import type { Params, Result } from './protocol'

const WITH_LOCAL_ID = new Set(['uploadImage', 'getLocalImgData', 'playVoice', 'uploadVoice', 'translateVoice'])

export class LocalFiles {
  private readonly files = new Map<string, Blob>()

  /** The parameters as they travel: with the file beside its localId. */
  outgoing(api: string, params: Params): Params {
    if (WITH_LOCAL_ID.has(api)) return { ...params, file: this.files.get(String(params['localId'])) }
    if (api !== 'previewImage') return params
    const urls = Array.isArray(params['urls']) ? params['urls'] : []
    return { current: params['current'], urls, files: urls.map((url) => this.files.get(String(url)) ?? null) }
  }

  /** The result as the page sees it: with localIds instead of files. */
  async incoming(api: string, asked: Params, result: Result): Promise<Result> {
    const { files, file, ...rest } = result
    if (Array.isArray(files)) rest['localIds'] = files.map((one) => this.keep(one as Blob))
    if (file instanceof Blob) rest['localId'] = this.keep(file)
    const local = asked['file']
    if (api === 'getLocalImgData' && local instanceof Blob && result.errMsg.endsWith(':ok')) {
      rest['localData'] = await dataAddress(local)
    }
    return rest
  }

  private keep(file: Blob): string {
    const localId = URL.createObjectURL(file)
    this.files.set(localId, file)
    return localId
  }
}

function dataAddress(file: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => resolve(String(reader.result))
    reader.onerror = () => reject(reader.error ?? new Error('unreadable'))
    reader.readAsDataURL(file)
  })
}
