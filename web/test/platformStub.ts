// A control API for tests: answers from a table and remembers what it was asked.
import { account } from '../mock/account'
import { ControlApi } from '../src/api/client'
import type { World } from '../src/api/types'

export interface Asked {
  call: string
  body: unknown
}

export class PlatformStub {
  readonly asked: Asked[] = []
  readonly answers: Record<string, unknown> = {}
  readonly api = new ControlApi((input, init) => Promise.resolve(this.answer(String(input), init)))

  bodies(call: string): unknown[] {
    return this.asked.filter((one) => one.call === call).map((one) => one.body)
  }

  private answer(url: string, init?: RequestInit): Response {
    const call = `${init?.method ?? 'GET'} ${url.replace('/_platform/', '')}`
    this.asked.push({ call, body: init?.body ? JSON.parse(String(init.body)) : undefined })
    const found = Object.entries(this.answers).find(([known]) => known === call || known === call.split('?')[0])
    if (!found) return Response.json({ error: { zh: '没有', en: `no ${call}` } }, { status: 404 })
    return Response.json(found[1])
  }
}

export function world(subscribed = true): World {
  const deer = account('小鹿', 'wx1', { encryption: 'plain', aes_key: '', url: '', oauth_domain: '', js_domains: [] })
  const alice = { name: 'alice', nickname: '小雨', headimgurl: '', sex: 0, language: 'zh_CN', closed: false, accounts: { wx1: { openid: 'o1', subscribed, unionid: null } } }
  return { clock: { now: 1_790_000_000, frozen: true }, accounts: [deer], people: [alice], failed_jobs: [], version: '0' }
}
