// The account that made-up worlds are drawn from: a verified service account with everything at its default.
import type { Account } from '../src/api/types'

export function account(name: string, appid: string, change: Partial<Account> = {}): Account {
  return {
    appid,
    original_id: `gh_${appid.slice(2, 14)}`,
    name,
    wechat_id: appid.slice(-8),
    kind: 'service',
    verified: true,
    secret: '***',
    token: '***',
    aes_key: '***',
    encryption: 'safe',
    url: 'http://127.0.0.1:8000/wechat',
    oauth_domain: '127.0.0.1:8000',
    second_oauth_domain: '',
    js_domains: ['127.0.0.1:8000'],
    business_domains: [],
    ip_allow_list: [],
    ip_allow_list_scope: 'all',
    ip_refusal_code: 40164,
    ip_list_before: [],
    ip_list_from: 0,
    web_authorization: false,
    open_platform: '',
    headimgurl: '',
    description: '',
    call_limits: {},
    customer_service: true,
    comments: true,
    page_error: 0,
    secret_frozen: false,
    mass: {},
    autoreply: {},
    ...change,
  }
}
