// What open tags (开放标签) ask for: an app, a mini-program, or notices.
import type { Params } from '../../jweixin/protocol'
import { t } from '../../i18n'
import { CANCEL, type ActionAnswer } from './answer'
import type { PageHost } from './pageHost'

const MOST_TEMPLATES = 3

type Attributes = Record<string, string>

export function launch(host: PageHost, params: Params): Promise<ActionAnswer> {
  const attributes = (params['attributes'] ?? {}) as Attributes
  if (params['tag'] === 'wx-open-subscribe') return subscribe(host, attributes)
  const mini = params['tag'] === 'wx-open-launch-weapp'
  const target = mini ? [attributes['username'] ?? attributes['appid'], attributes['path']] : [attributes['appid'], attributes['extinfo']]
  return open(host, t(mini ? 'page.launchMiniProgram' : 'page.launchApp'), target.filter(Boolean).map(String))
}

async function open(host: PageHost, title: string, lines: string[]): Promise<ActionAnswer> {
  const yes = await host.questions.ask('dialog', { title, lines, confirm: t('page.open'), cancel: t('cancel') })
  return yes ? {} : CANCEL
}

async function subscribe(host: PageHost, attributes: Attributes): Promise<Params> {
  const ids = (attributes['template'] ?? '').split(',').map((id) => id.trim()).filter(Boolean)
  if (!ids.length || ids.length > MOST_TEMPLATES) throw new Error(t('page.templateCount', { count: ids.length }))
  const { templates } = await host.session.api.notices(host.appid)
  const choices = ids.map((id) => {
    const found = templates.find((template) => template.template_id === id)
    if (!found) throw new Error(t('page.noTemplate', { id }))
    return { id, label: found.title, checked: true }
  })
  const accepted = await host.questions.ask('checks', {
    title: t('page.subscribe'),
    choices,
    confirm: t('page.allow'),
    cancel: t('cancel'),
  })
  if (accepted) await host.pages.subscribe(host.appid, accepted, ids.filter((id) => !accepted.includes(id)))
  const status = (id: string): string => (accepted ? (accepted.includes(id) ? 'accept' : 'reject') : 'cancel')
  const details = Object.fromEntries(ids.map((id) => [id, JSON.stringify({ status: status(id) })]))
  return { subscribeDetails: JSON.stringify(details) }
}
