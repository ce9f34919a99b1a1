// Voices for pages: recorded (as silence of the true length), played, uploaded, fetched and put into words.
import type { Params } from '../../jweixin/protocol'
import { t } from '../../i18n'
import { CANCEL, type ActionAnswer } from './answer'
import type { PageHost } from './pageHost'
import { localFile } from './pictures'
import { mayUse } from './services'

export async function startRecord(host: PageHost): Promise<ActionAnswer> {
  if (host.recorder.since.value !== null) throw new Error(t('page.recordingAlready'))
  if (!(await mayUse(host, 'microphone', t('page.microphone', { host: host.host })))) return CANCEL
  host.recorder.start((file) => host.happened('onVoiceRecordEnd', { file }))
  return {}
}

export function stopRecord(host: PageHost): Params {
  if (host.recorder.since.value === null) throw new Error(t('page.notRecording'))
  return { file: host.recorder.stop() }
}

export async function playVoice(host: PageHost, params: Params): Promise<Params> {
  await host.player.play(String(params['localId']), localFile(params))
  return {}
}

export async function uploadVoice(host: PageHost, params: Params): Promise<Params> {
  return { serverId: await host.pages.upload(host.appid, 'voice', localFile(params)) }
}

export async function downloadVoice(host: PageHost, params: Params): Promise<Params> {
  return { file: await host.pages.download(host.appid, 'voice', String(params['serverId'] ?? '')) }
}

export async function translateVoice(host: PageHost, params: Params): Promise<Params> {
  return { translateResult: await host.pages.words(localFile(params)) }
}
