// What the phone itself can do for a page: scan, say where it is, give an address, pay without money.
import type { Params } from '../../jweixin/protocol'
import { t } from '../../i18n'
import { CANCEL, type ActionAnswer } from './answer'
import type { PageHost } from './pageHost'

const ACCURACY_M = 30
const WITH_RESULT = 1

/** Ask once per page whether it may use something of the phone. */
export async function mayUse(host: PageHost, what: string, title: string): Promise<boolean> {
  if (host.allowed.has(what)) return true
  const yes = await host.questions.ask('dialog', { title, confirm: t('page.allow'), cancel: t('page.deny') })
  if (yes) host.allowed.add(what)
  return yes === true
}

export async function scan(host: PageHost, params: Params): Promise<ActionAnswer> {
  const read = await host.questions.ask('scan', {})
  if (!read) return CANCEL
  if (Number(params['needResult'] ?? 0) !== WITH_RESULT) {
    void host.phone.scan(read)
    return {}
  }
  // A code chosen from the account's list is known by its ticket; a page sees the text inside.
  const { codes } = await host.session.api.qrCodes(host.session.appid.value)
  return { resultStr: codes.find((code) => code.ticket === read)?.url ?? read }
}

export async function getLocation(host: PageHost): Promise<ActionAnswer> {
  if (!(await mayUse(host, 'location', t('page.where', { host: host.host })))) return CANCEL
  const place = await host.questions.ask('location', {})
  if (!place) return CANCEL
  return { latitude: place.latitude, longitude: place.longitude, speed: 0, accuracy: ACCURACY_M }
}

export function openLocation(host: PageHost, params: Params): Params {
  const { latitude, longitude, name, address: street } = params
  const lines = [name, street, `${String(latitude)}, ${String(longitude)}`].filter(Boolean).map(String)
  void host.questions.ask('dialog', { title: t('page.place'), lines, confirm: t('page.ok') })
  return {}
}

export async function address(host: PageHost): Promise<ActionAnswer> {
  const person = host.session.person.value
  const sample = {
    userName: person?.nickname ?? '',
    telNumber: '13800000000',
    provinceName: '广东省',
    cityName: '广州市',
    countryName: '海珠区',
    detailInfo: '阅江西路 222 号',
    postalCode: '510000',
    nationalCode: '440105',
  }
  const lines = [`${sample.userName} ${sample.telNumber}`, sample.provinceName + sample.cityName + sample.countryName + sample.detailInfo]
  const yes = await host.questions.ask('dialog', { title: t('page.address'), lines, confirm: t('page.allow'), cancel: t('cancel') })
  return yes ? sample : CANCEL
}

export async function pay(host: PageHost, params: Params): Promise<ActionAnswer> {
  const lines = [String(params['package'] ?? ''), t('page.payNote')].filter(Boolean)
  const yes = await host.questions.ask('dialog', { title: t('page.pay'), lines, confirm: t('page.payGo'), cancel: t('cancel') })
  return yes ? {} : CANCEL
}
