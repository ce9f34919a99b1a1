// One call being filled in: its form, values that follow the address, the code for it, and what came of running it.
import { computed, ref, shallowRef, watch, type Ref } from 'vue'

import { language } from '../i18n'
import { address } from '../shell/address'
import type { Session } from '../store/session'
import { confirm } from '../ui/confirm'
import { isRecord } from '../ui/json'
import type { FileValue, Schema } from '../ui/schema'
import { DebugApi, type CallForm, type CodeView, type Target, type Trial, type Tried, type Values } from './api'
import { takeValues } from './handed'
import { remember, valuesOf, valuesText, type Past } from './history'
import { definitionsOf, worded } from './search'
import { say } from './words'

const SOON_MS = 350
/** Calls that reach more than one person, or end something for all of them: the AppID must be typed. */
const SENDS_TO_MANY = /^SendMass|^DeleteMenu$|^DeletePublished$/

export interface TrialState {
  form: Ref<CallForm | null>
  values: Ref<unknown>
  target: Ref<Target>
  ownToken: Ref<string | null>
  tried: Ref<Tried | null>
  code: Ref<CodeView | null>
  running: Ref<boolean>
  schema: Ref<Schema>
  load: () => Promise<void>
  run: () => Promise<void>
  fill: (values: Values) => void
  open: (past: Past) => void
}

export function useTrial(session: Session, target: Ref<Target>): TrialState {
  const api = new DebugApi(session.api)
  const call = address.param('call', true)
  const form = shallowRef<CallForm | null>(null)
  const values = ref<unknown>({})
  const ownToken = ref<string | null>(null)
  const tried = shallowRef<Tried | null>(null)
  const code = shallowRef<CodeView | null>(null)
  const running = ref(false)
  let waiting = 0
  let asked = 0
  let shownFor: Target = target.value

  const schema = computed<Schema>(() => (form.value ? (worded(form.value.parameters, language.value) as Schema) : {}))

  /** The form of the call in the address, with the values there, or examples. */
  async function load(): Promise<void> {
    const name = call.value
    if (!name || !session.appid.value) return
    const filled = await session.attempt(() => api.form(name, session.appid.value, session.personName.value, target.value))
    if (!filled || name !== call.value) return
    const isNew = form.value?.call.name !== filled.form.call.name || shownFor !== target.value
    shownFor = target.value
    const given = takeValues(name) ?? valuesOf(address.param('values').value)
    form.value = filled.form
    values.value = given ?? filled.values
    if (isNew) {
      tried.value = null
      ownToken.value = null
    }
  }

  function trial(confirmed = false): Trial {
    const all = isRecord(values.value) ? values.value : {}
    const properties = (form.value?.parameters['properties'] ?? {}) as Record<string, { 'x-in'?: string }>
    const isFile = (name: string): boolean => properties[name]?.['x-in'] === 'file'
    const entries = Object.entries(all).filter(([, value]) => value !== undefined)
    return {
      call: form.value!.call.name,
      target: target.value,
      appid: session.appid.value,
      values: Object.fromEntries(entries.filter(([name]) => !isFile(name))),
      files: Object.fromEntries(entries.filter(([name]) => isFile(name))) as Record<string, FileValue>,
      access_token: target.value === 'wechat' ? null : ownToken.value,
      confirmed,
    }
  }

  async function run(): Promise<void> {
    const shown = form.value
    if (!shown || running.value) return
    const confirmed = target.value === 'platform' || shown.call.reads || (await really(shown))
    if (!confirmed) return
    running.value = true
    const sent = trial(confirmed)
    const result = await session.attempt(() => api.run(sent))
    running.value = false
    if (!result) return
    tried.value = result
    remember({
      call: shown.call.name,
      title: { zh: shown.call.zh, en: shown.call.en },
      target: sent.target,
      appid: sent.appid,
      values: sent.values,
      at: Date.now(),
      code: result.told?.code ?? null,
      ok: result.told?.ok ?? result.answer?.status === 200,
    })
    address.change({ values: valuesText(sent.values) }, true)
  }

  function really(shown: CallForm): Promise<boolean> {
    const appid = wechatAppid.value
    return confirm({
      title: say('confirm.title'),
      text: say('confirm.text', { name: shown.call[language.value], appid }),
      go: say('confirm.go'),
      danger: true,
      ...(SENDS_TO_MANY.test(shown.call.name) ? { typed: appid } : {}),
    })
  }

  /** The code follows what is written, a moment later. */
  function refreshCode(): void {
    clearTimeout(waiting)
    const turn = ++asked
    waiting = window.setTimeout(() => {
      if (!form.value) return
      api.code(trial()).then(
        (found) => (code.value = turn === asked ? found : code.value),
        () => (code.value = turn === asked ? null : code.value),
      )
    }, SOON_MS)
  }

  watch([values, ownToken, target, session.appid, form], refreshCode, { deep: true })
  watch([call, target, session.appid, session.personName], load, { immediate: true })

  function fill(given: Values): void {
    values.value = given
  }

  function open(past: Past): void {
    target.value = past.target
    address.change({ tab: 'calls', call: past.call, values: valuesText(past.values) }, true)
    void load()
  }

  return { form, values, target, ownToken, tried, code, running, schema, load, run, fill, open }
}

/** AppID of the real account, for the words of a confirmation. */
export const wechatAppid = ref('')

export { definitionsOf }
