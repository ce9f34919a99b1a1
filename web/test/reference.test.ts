import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { beforeEach, describe, expect, it, vi } from 'vitest'

import CallsPage from '../src/reference/CallsPage.vue'
import { fieldRows } from '../src/reference/fields'
import { provideSession, Session } from '../src/store/session'
import type { Schema } from '../src/ui/schema'
import { PlatformStub } from './platformStub'
import { giveSizes } from './sizes'

const call = (name: string, change: object = {}): object => ({
  name, zh: `接口${name}`, en: `call ${name}`, verb: 'POST', path: `/cgi-bin/${name}`, chapter: 'menus', chapter_zh: '自定义菜单', chapter_en: 'Custom menus',
  kit: 'typed', platform: 'behaviour', accounts_zh: '所有账号', accounts_en: 'every account', daily: 1000, ...change,
})

describe('fields of a schema', () => {
  const button: Schema = {
    title: 'Button',
    type: 'object',
    required: ['name'],
    properties: { name: { type: 'string' }, sub_button: { type: 'array', items: { $ref: '#/$defs/Button' } } },
  }

  it('stand below what holds them, and a type that holds itself is shown once', () => {
    const rows = fieldRows({ type: 'object', properties: { button: { type: 'array', items: { $ref: '#/$defs/Button' } } }, required: ['button'] }, { Button: button })
    expect(rows.map((row) => [row.path, row.depth, row.required])).toEqual([
      ['button', 0, true],
      ['button.name', 1, true],
      ['button.sub_button', 1, false],
    ])
  })

  it('are those of the values where names are free', () => {
    const data: Schema = { type: 'object', additionalProperties: { type: 'object', properties: { value: { type: 'string' } } } }
    expect(fieldRows({ properties: { data } }, {}).map((row) => row.path)).toEqual(['data', 'data.value'])
  })
})

describe('the page of calls', () => {
  let view: VueWrapper
  let stub: PlatformStub

  beforeEach(async () => {
    giveSizes(1200, 600)
    history.replaceState(null, '', '#/reference/calls')
    dispatchEvent(new HashChangeEvent('hashchange'))
    stub = new PlatformStub()
    stub.answers['GET reference/calls'] = { calls: [call('menu/create'), call('card/create', { platform: 'fallback', chapter_zh: '卡券' }), call('old', { platform: 'retired' })] }
    view = mount(CallsPage, { attachTo: document.body, global: { plugins: [{ install: (app) => provideSession(app, new Session(stub.api)) }] } })
    await flushPromises()
  })

  const rows = (): string[] => view.findAll('[data-testid=row]').map((row) => row.attributes('data-name')!)

  it('counts states and keeps those that are chosen', async () => {
    await vi.waitFor(() => expect(rows()).toHaveLength(3))
    expect(view.get('[data-testid=calls-state-behaviour]').text()).toContain('1')
    await view.get('[data-testid=calls-state-retired]').trigger('click')
    expect(rows()).toEqual(['old'])
    expect(decodeURIComponent(location.hash)).toContain('q=state:retired')
    await view.get('[data-testid=calls-state-retired]').trigger('click')
    expect(rows()).toHaveLength(3)
    view.unmount()
  })

  it('finds by chapter and by words of either language', async () => {
    await view.get('[data-testid=calls-filter]').setValue('chapter:卡券 ')
    await vi.waitFor(() => expect(rows()).toEqual(['card/create']))
    await view.get('[data-testid=filter-clear]').trigger('click')
    await view.get('[data-testid=calls-filter]').setValue('CALL old')
    await vi.waitFor(() => expect(rows()).toEqual(['old']))
    view.unmount()
  })

  it('says so when nothing could be fetched, and tries again', async () => {
    delete stub.answers['GET reference/calls']
    const other = mount(CallsPage, { global: { plugins: [{ install: (app) => provideSession(app, new Session(stub.api)) }] } })
    await flushPromises()
    expect(other.get('[data-testid=state]').attributes('data-state')).toBe('error')
    stub.answers['GET reference/calls'] = { calls: [] }
    await other.get('[data-testid=state] button').trigger('click')
    await flushPromises()
    expect(other.get('[data-testid=state]').attributes('data-state')).toBe('empty')
    other.unmount()
    view.unmount()
  })
})
