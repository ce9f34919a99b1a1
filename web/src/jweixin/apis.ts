// The names of `wx`: each is a function of the script. The platform has the same list with who may use what.

export const JS_APIS = [
  'checkJsApi',
  'chooseImage',
  'previewImage',
  'uploadImage',
  'downloadImage',
  'getLocalImgData',
  'startRecord',
  'stopRecord',
  'onVoiceRecordEnd',
  'playVoice',
  'pauseVoice',
  'stopVoice',
  'onVoicePlayEnd',
  'uploadVoice',
  'downloadVoice',
  'translateVoice',
  'getNetworkType',
  'openLocation',
  'getLocation',
  'hideOptionMenu',
  'showOptionMenu',
  'hideMenuItems',
  'showMenuItems',
  'hideAllNonBaseMenuItem',
  'showAllNonBaseMenuItem',
  'closeWindow',
  'scanQRCode',
  'openAddress',
  'startSearchBeacons',
  'stopSearchBeacons',
  'onSearchBeacons',
  'updateAppMessageShareData',
  'updateTimelineShareData',
  'onMenuShareTimeline',
  'onMenuShareAppMessage',
  'onMenuShareQQ',
  'onMenuShareWeibo',
  'onMenuShareQZone',
  'addCard',
  'chooseCard',
  'openCard',
  'openProductSpecificView',
  'chooseWXPay',
  'openEnterpriseChat',
] as const

export type JsApi = (typeof JS_APIS)[number]

export const OPEN_TAGS = [
  'wx-open-launch-weapp',
  'wx-open-launch-app',
  'wx-open-subscribe',
  'wx-open-audio',
] as const

export type OpenTagName = (typeof OPEN_TAGS)[number]

/** Functions that the older scripts do not have yet, and since which version they are there. */
export const SINCE: Partial<Record<JsApi, string>> = {
  updateAppMessageShareData: '1.4.0',
  updateTimelineShareData: '1.4.0',
}

export const OPEN_TAGS_SINCE = '1.6.0'

/** Whether `version` (three numbers with dots) is not older than `wanted`. */
export function atLeast(version: string, wanted: string): boolean {
  const [mine, other] = [version, wanted].map((text) => text.split('.').map(Number))
  for (const [at, number] of other!.entries()) {
    if (mine![at] !== number) return (mine![at] ?? 0) > number
  }
  return true
}

/** Names that only register callbacks: what they wait for happens later, and more than once. */
export function isListener(api: string): boolean {
  return api.startsWith('on')
}
