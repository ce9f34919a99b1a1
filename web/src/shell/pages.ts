// Every page there is, in the groups of the rail. A page that is not listed here has no place in the rail either.
import type { Component } from 'vue'

import type { IconName } from '../ui/icons'
import type { PageName } from './address'

export interface PageEntry {
  name: PageName
  icon: IconName
  /** Absent for the phone, which is always there. */
  load?: () => Promise<{ default: Component }>
}

export interface PageGroup {
  name: 'simulate' | 'account' | 'scenarios' | 'reference' | 'operate'
  pages: PageEntry[]
}

const ALL: PageGroup[] = [
  {
    name: 'simulate',
    pages: [
      { name: 'phone', icon: 'phone' },
      { name: 'desk', icon: 'headset', load: () => import('../desk/DeskPage.vue') },
      { name: 'debug', icon: 'play', load: () => import('../debug/DebugPage.vue') },
    ],
  },
  {
    name: 'account',
    pages: [
      { name: 'config', icon: 'sliders', load: () => import('../account/ConfigPage.vue') },
      { name: 'menus', icon: 'lines', load: () => import('../account/MenusPage.vue') },
      { name: 'articles', icon: 'picture', load: () => import('../account/ArticlesPage.vue') },
      { name: 'followers', icon: 'person', load: () => import('../account/FollowersPage.vue') },
      { name: 'quotas', icon: 'pulse', load: () => import('../account/QuotasPage.vue') },
    ],
  },
  {
    name: 'scenarios',
    pages: [
      { name: 'trigger', icon: 'out', load: () => import('../scenarios/TriggerPage.vue') },
      { name: 'faults', icon: 'warning', load: () => import('../scenarios/FaultsPage.vue') },
      { name: 'snapshots', icon: 'camera', load: () => import('../scenarios/SnapshotsPage.vue') },
    ],
  },
  {
    name: 'reference',
    pages: [
      { name: 'calls', icon: 'list', load: () => import('../reference/CallsPage.vue') },
      { name: 'pushes', icon: 'in', load: () => import('../reference/PushesPage.vue') },
      { name: 'codes', icon: 'warning', load: () => import('../reference/CodesPage.vue') },
    ],
  },
  // The place of the operator's console; the simulator alone has no page of it.
  { name: 'operate', pages: [] },
]

/** Groups that have pages. */
export const GROUPS: PageGroup[] = ALL.filter(({ pages }) => pages.length > 0)

export const PAGES: PageEntry[] = GROUPS.flatMap((group) => group.pages)
