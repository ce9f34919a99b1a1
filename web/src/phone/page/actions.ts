// What each JS API does on the phone: answers with the fields of its result, with CANCEL, or throws what went wrong.
import { JS_APIS } from '../../jweixin/apis'
import type { Params } from '../../jweixin/protocol'
import { t } from '../../i18n'
import { CANCEL, type ActionAnswer } from './answer'
import { launch } from './launching'
import type { PageHost } from './pageHost'
import { chooseImage, downloadImage, localFile, previewImage, uploadImage } from './pictures'
import { address, getLocation, openLocation, pay, scan } from './services'
import { downloadVoice, playVoice, startRecord, stopRecord, translateVoice, uploadVoice } from './voices'

export type Action = (host: PageHost, params: Params) => ActionAnswer | Promise<ActionAnswer>

const nothing = (act: (host: PageHost, params: Params) => void): Action => (host, params) => {
  act(host, params)
  return {}
}

function checkJsApi(_: PageHost, { jsApiList }: Params): Params {
  const asked = Array.isArray(jsApiList) ? jsApiList.map(String) : []
  const known: readonly string[] = JS_APIS
  return { checkResult: Object.fromEntries(asked.map((api) => [api, known.includes(api)])) }
}

async function addCard(host: PageHost, { cardList }: Params): Promise<ActionAnswer> {
  const cards = (Array.isArray(cardList) ? cardList : []) as { cardId?: string }[]
  const lines = cards.map((card) => String(card.cardId))
  const yes = await host.questions.ask('dialog', { title: t('page.card'), lines, confirm: t('page.cardAdd'), cancel: t('cancel') })
  return yes ? { cardList: cards.map((card) => ({ ...card, code: '', isSuccess: true })) } : CANCEL
}

async function chooseCard(host: PageHost): Promise<ActionAnswer> {
  await host.questions.ask('dialog', { title: t('page.card'), lines: [t('page.noCards')], confirm: t('page.ok') })
  return CANCEL
}

async function openCard(host: PageHost, { cardList }: Params): Promise<ActionAnswer> {
  const lines = ((Array.isArray(cardList) ? cardList : []) as { cardId?: string }[]).map((card) => String(card.cardId))
  await host.questions.ask('dialog', { title: t('page.card'), lines, confirm: t('page.ok') })
  return {}
}

async function openProduct(host: PageHost, { productId }: Params): Promise<ActionAnswer> {
  const title = t('page.product', { id: String(productId ?? '') })
  await host.questions.ask('dialog', { title, confirm: t('page.ok') })
  return {}
}

const impossible = (why: string): Action => () => {
  throw new Error(why)
}

export const ACTIONS: Record<string, Action> = {
  checkJsApi,
  chooseImage,
  previewImage,
  uploadImage,
  downloadImage,
  // The bytes never left the page: its script puts them in.
  getLocalImgData: nothing((_, params) => localFile(params)),
  startRecord,
  stopRecord,
  onVoiceRecordEnd: nothing(() => undefined),
  playVoice,
  pauseVoice: nothing((host, { localId }) => host.player.pause(String(localId))),
  stopVoice: nothing((host, { localId }) => host.player.stop(String(localId))),
  onVoicePlayEnd: nothing(() => undefined),
  uploadVoice,
  downloadVoice,
  translateVoice,
  getNetworkType: () => ({ networkType: 'wifi' }),
  openLocation,
  getLocation,
  hideOptionMenu: nothing((host) => (host.menu.shown.value = false)),
  showOptionMenu: nothing((host) => (host.menu.shown.value = true)),
  hideMenuItems: nothing((host, { menuList }) => host.menu.hide(menuList ?? [])),
  showMenuItems: nothing((host, { menuList }) => host.menu.show(menuList ?? [])),
  hideAllNonBaseMenuItem: nothing((host) => host.menu.hide()),
  showAllNonBaseMenuItem: nothing((host) => host.menu.show()),
  closeWindow: nothing((host) => host.close()),
  scanQRCode: scan,
  openAddress: address,
  startSearchBeacons: impossible('bluetooth power off'),
  stopSearchBeacons: nothing(() => undefined),
  onSearchBeacons: nothing(() => undefined),
  updateAppMessageShareData: nothing((host, card) => {
    host.menu.present('friend', card)
    host.menu.present('qq', card)
  }),
  updateTimelineShareData: nothing((host, card) => {
    host.menu.present('timeline', card)
    host.menu.present('qzone', card)
  }),
  onMenuShareAppMessage: nothing((host, card) => host.menu.present('friend', card)),
  onMenuShareTimeline: nothing((host, card) => host.menu.present('timeline', card)),
  onMenuShareQQ: nothing((host, card) => host.menu.present('qq', card)),
  onMenuShareWeibo: nothing((host, card) => host.menu.present('weibo', card)),
  onMenuShareQZone: nothing((host, card) => host.menu.present('qzone', card)),
  addCard,
  chooseCard,
  openCard,
  openProductSpecificView: openProduct,
  chooseWXPay: pay,
  openTag: launch,
}
