// The address after # says which page is shown and what of it: `#/GROUP/PAGE?account=…&person=…&entry=…&q=…&tab=…`. It
// can be shared and reloaded; the browser's back button returns to where one was.
import { computed, ref, shallowRef, type Ref, type WritableComputedRef } from 'vue'

const PATHS = {
  phone: 'simulate/phone',
  desk: 'simulate/desk',
  debug: 'simulate/debug',
  config: 'account/config',
  menus: 'account/menus',
  articles: 'account/articles',
  followers: 'account/followers',
  quotas: 'account/quotas',
  trigger: 'scenarios/trigger',
  faults: 'scenarios/faults',
  snapshots: 'scenarios/snapshots',
  calls: 'reference/calls',
  pushes: 'reference/pushes',
  codes: 'reference/codes',
} as const
/** Addresses of before, which links and bookmarks may still have. */
const MOVED: Record<string, PageName> = { '': 'phone', desk: 'desk', developer: 'config', coverage: 'calls' }
/** What belongs to the whole tool and goes along to every page. */
const CARRIED = ['account', 'person', 'second']
/** Steps one wants to undo with the back button; everything else changes the present entry of the history. */
const STEPS = new Set(['account', 'person', 'entry', 'tab', 'second'])

export type PageName = keyof typeof PATHS
export type Params = Record<string, string>

interface Place {
  page: PageName
  params: Params
}

function placeOf(hash: string): Place {
  const [path = '', query = ''] = hash.replace(/^#?\/?/, '').split('?', 2)
  const known = (Object.keys(PATHS) as PageName[]).find((name) => PATHS[name] === path)
  return { page: known ?? MOVED[path] ?? 'phone', params: Object.fromEntries(new URLSearchParams(query)) }
}

function hashOf({ page, params }: Place): string {
  const filled = Object.entries(params).filter(([, value]) => value !== '')
  const query = new URLSearchParams(filled).toString()
  return `#/${PATHS[page]}${query && `?${query}`}`
}

const place = shallowRef(placeOf(location.hash))
const page = ref<PageName>(place.value.page)

function arrive(): void {
  place.value = placeOf(location.hash)
  page.value = place.value.page
}

function move(to: Place, step: boolean): void {
  const hash = hashOf(to)
  if (hash === location.hash) return
  history[step ? 'pushState' : 'replaceState'](null, '', hash)
  arrive()
}

addEventListener('hashchange', arrive)
addEventListener('popstate', arrive)

function carried(): Params {
  return Object.fromEntries(CARRIED.map((name) => [name, place.value.params[name] ?? '']))
}

/** The address of a page, with the account and person that are chosen now unless `params` names others. */
export function addressOf(target: PageName, params: Params = {}): string {
  return hashOf({ page: target, params: { ...carried(), ...params } })
}

/** Show a page. */
export function go(target: PageName, params: Params = {}): void {
  move({ page: target, params: { ...carried(), ...params } }, true)
}

/** One parameter: '' when it is absent. Writing it changes the address; with `step` as an entry of its own. */
function param(name: string, step = STEPS.has(name)): WritableComputedRef<string> {
  return computed({
    get: () => place.value.params[name] ?? '',
    set: (value) => change({ [name]: value }, step),
  })
}

/** Write several parameters at once. */
function change(params: Params, step = false): void {
  move({ page: place.value.page, params: { ...place.value.params, ...params } }, step)
}

export const address: {
  readonly page: Readonly<Ref<PageName>>
  param: typeof param
  change: typeof change
} = { page, param, change }
