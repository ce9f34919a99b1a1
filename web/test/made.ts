// Entries and chat lines for tests, with only what the test is about spelt out.
import type { ChatItem, Row, Traffic } from '../src/api/types'

export function line(seq: number, change: object = {}): ChatItem {
  return {
    seq,
    time: 1_790_000_000 + seq,
    appid: 'wx1',
    person: 'alice',
    side: 'account',
    via: 'passive',
    type: 'text',
    content: `line ${seq}`,
    ...change,
  } as ChatItem
}

export function entry(seq: number, change: Partial<Traffic> = {}): Traffic {
  return {
    seq,
    time: 1_790_000_000 + seq,
    kind: 'push',
    appid: 'wx1',
    title: `entry ${seq}`,
    request: { method: 'POST', bytes: 6, url: 'http://127.0.0.1/wx', headers: {}, body: '<xml/>' },
    response: { status: 200, bytes: 7, headers: {}, body: 'success' },
    verdict: { ok: true, class: 'ok', zh: '好', en: 'fine' },
    cost_ms: 1,
    person: null,
    openid: null,
    attempt: null,
    of: null,
    decrypted: null,
    response_decrypted: null,
    rid: null,
    errcode: null,
    fault: null,
    ...change,
  }
}

export function row(number: number, change: Partial<Row> = {}): Row {
  return {
    number,
    kind: 'api',
    appid: 'wx1',
    time: 1_790_000_000 + number,
    title: `row ${number}`,
    person: '',
    openid: '',
    words: [{ role: 'did', zh: `做了 ${number}`, en: `did ${number}` }],
    state: 'ok',
    result: { zh: '好', en: 'fine' },
    errcode: 0,
    cost_ms: 1,
    bars: [{ start: 0, length: 1, state: 'ok' }],
    attempts: 1,
    of: 1,
    cause: null,
    fault: null,
    lines: [],
    until: 0,
    lookup: false,
    ...change,
  }
}
