// What Ctrl/⌘ K finds: pages, people, accounts, calls, pushes, return codes and traffic; every word typed must occur.
import type { Account, Coverage, Person } from '../api/types'
import type { Language } from '../i18n'
import type { IconName } from '../ui/icons'
import type { PageName, Params } from './address'

export type Kind = 'page' | 'person' | 'account' | 'call' | 'push' | 'code' | 'entry'

export interface Found {
  kind: Kind
  key: string
  title: string
  detail: string
  icon: IconName
  to: { page: PageName; params: Params }
}

interface Candidate extends Found {
  /** What is searched, in lower case. */
  text: string
}

const ICONS: Record<Kind, IconName> = { page: 'list', person: 'person', account: 'sliders', call: 'in', push: 'out', code: 'warning', entry: 'pulse' }
const SHOWN = 40
const SHOWN_OF_KIND = 8

function candidate(kind: Kind, key: string, title: string, detail: string, to: Found['to'], more = ''): Candidate {
  return { kind, key, title, detail, icon: ICONS[kind], to, text: `${title}\n${detail}\n${more}`.toLowerCase() }
}

export interface Known {
  /** Pages with their title and their group's. */
  pages: { name: PageName; title: string; group: string }[]
  people: readonly Person[]
  accounts: readonly Account[]
  entries: readonly { seq: number; title: string; detail: string }[]
  coverage: Coverage | null
}

/** Everything that can be found, in the order in which kinds are listed. */
export function candidates(known: Known, language: Language): Candidate[] {
  const coverage = known.coverage ?? { endpoints: [], pushes: [], codes: [] }
  const other: Language = language === 'zh' ? 'en' : 'zh'
  return [
    ...known.pages.map(({ name, title, group }) => candidate('page', name, title, group, { page: name, params: {} }, name)),
    ...known.people.map(({ name, nickname }) => candidate('person', name, nickname || name, name, { page: 'phone', params: { person: name } })),
    ...known.accounts.map(({ appid, name }) => candidate('account', appid, name, appid, { page: 'config', params: { account: appid } })),
    ...coverage.endpoints.map((one) => candidate('call', `${one.verb} ${one.path}`, one[language] || one.name, one.path, { page: 'calls', params: { q: one.path } }, `${one.name} ${one[other]}`)),
    ...coverage.pushes.map((one) => candidate('push', `${one.kind} ${one.name}`, one[language], one.name, { page: 'pushes', params: { q: one.name } }, `${one.cls} ${one[other]}`)),
    ...coverage.codes.map((one) => candidate('code', String(one.code), String(one.code), one[language], { page: 'codes', params: { q: String(one.code) } }, one[other])),
    ...known.entries.map(({ seq, title, detail }) => candidate('entry', String(seq), title, detail, { page: 'phone', params: { entry: String(seq) } }, `#${seq}`)),
  ]
}

/** How well a candidate fits, 0 for not at all: a title that is or begins with what was typed comes first. */
function rank({ title, text }: Candidate, words: readonly string[], typed: string): number {
  if (!words.every((word) => text.includes(word))) return 0
  const name = title.toLowerCase()
  if (name === typed) return 4
  if (name.startsWith(typed)) return 3
  return name.includes(typed) ? 2 : 1
}

/** The best of each kind, kinds in the order of their best. Without a word: the pages, people and accounts. */
export function find(all: readonly Candidate[], typed: string): Found[] {
  const wanted = typed.trim().toLowerCase()
  if (!wanted) return all.filter(({ kind }) => kind === 'page' || kind === 'person' || kind === 'account').slice(0, SHOWN)
  const words = wanted.split(/\s+/)
  const ranked = all.map((one) => ({ one, rank: rank(one, words, wanted) })).filter((found) => found.rank > 0)
  const byKind = new Map<Kind, typeof ranked>()
  for (const one of ranked) byKind.set(one.one.kind, [...(byKind.get(one.one.kind) ?? []), one])
  return [...byKind.values()]
    .map((group) => group.toSorted((a, b) => b.rank - a.rank).slice(0, SHOWN_OF_KIND))
    .toSorted((a, b) => b[0]!.rank - a[0]!.rank)
    .flat()
    .map(({ one }) => one)
    .slice(0, SHOWN)
}
