import { nextTick } from 'vue'
import { beforeEach, describe, expect, it, vi } from 'vitest'

import type * as Address from '../src/shell/address'

let shell: typeof Address

async function open(hash: string): Promise<void> {
  location.hash = hash
  vi.resetModules()
  shell = await import('../src/shell/address')
}

beforeEach(() => open('#/'))

it.each([
  ['#/', 'phone'],
  ['', 'phone'],
  ['#/simulate/desk', 'desk'],
  ['#/account/quotas?account=wx1', 'quotas'],
  ['#/reference/codes', 'codes'],
  ['#/desk', 'desk'],
  ['#/developer', 'config'],
  ['#/coverage', 'calls'],
  ['#/nowhere/at/all', 'phone'],
])('%s leads to %s', async (hash, page) => {
  await open(hash)
  expect(shell.address.page.value).toBe(page)
})

describe('parameters', () => {
  it('come from the address, in any script, and are empty when absent', async () => {
    await open('#/simulate/phone?person=%E5%B0%8F%E6%98%8E&q=errcode%3A40001+-icon')
    expect(shell.address.param('person').value).toBe('小明')
    expect(shell.address.param('q').value).toBe('errcode:40001 -icon')
    expect(shell.address.param('entry').value).toBe('')
  })

  it('are written into the address, and leave it when emptied', () => {
    const q = shell.address.param('q')
    q.value = 'a&b=c'
    expect(location.hash).toBe('#/simulate/phone?q=a%26b%3Dc')
    q.value = ''
    expect(location.hash).toBe('#/simulate/phone')
  })

  it('make an entry in the history where one wants to come back, and none while a filter is typed', () => {
    const [push, replace] = [vi.spyOn(history, 'pushState'), vi.spyOn(history, 'replaceState')]
    shell.address.param('q').value = 'x'
    expect([push.mock.calls.length, replace.mock.calls.length]).toEqual([0, 1])
    shell.address.param('entry').value = '12'
    expect([push.mock.calls.length, replace.mock.calls.length]).toEqual([1, 1])
    shell.address.param('entry').value = '12'
    expect(push.mock.calls.length).toBe(1)
  })

  it('follow the back button', async () => {
    const entry = shell.address.param('entry')
    location.hash = '#/simulate/desk?entry=7'
    dispatchEvent(new Event('hashchange'))
    await nextTick()
    expect([shell.address.page.value, entry.value]).toEqual(['desk', '7'])
  })
})

describe('links', () => {
  it('keep the account and the person, and nothing else', async () => {
    await open('#/simulate/phone?account=wx1&person=alice&entry=3&q=x')
    expect(shell.addressOf('quotas')).toBe('#/account/quotas?account=wx1&person=alice')
    expect(shell.addressOf('quotas', { account: 'wx2', q: 'menu' })).toBe('#/account/quotas?account=wx2&person=alice&q=menu')
  })

  it('are followed by `go`', () => {
    shell.go('trigger', { event: 'subscribe' })
    expect(location.hash).toBe('#/scenarios/trigger?event=subscribe')
    expect(shell.address.page.value).toBe('trigger')
  })
})
