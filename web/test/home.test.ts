import { expect, it, vi } from 'vitest'

import { home, isPlatforms, plainAddress } from '../src/home'

const at = (hostname: string, port = '8700', protocol = 'http:') => ({ protocol, hostname, port, pathname: '/', search: '?a=1', hash: '#/desk' })

it.each(['127.0.0.1', 'localhost', '[::1]'])('moves from %s to the name that has others below it', async (hostname) => {
  const reachable = vi.fn(() => Promise.resolve(true))
  expect(await home(at(hostname), reachable)).toBe('http://gongzhong.localhost:8700/?a=1#/desk')
  expect(reachable).toHaveBeenCalledWith('http://gongzhong.localhost:8700/favicon.ico')
})

it('stays where the browser does not know the name, on another machine, and once there', async () => {
  expect(await home(at('127.0.0.1'), () => Promise.resolve(false))).toBeNull()
  for (const there of [at('gongzhong.localhost'), at('10.0.0.5'), at('bed.example', '', 'https:')]) {
    expect(await home(there, () => Promise.resolve(true))).toBeNull()
  }
})

it('says a page’s address without the phone’s host name', () => {
  expect(plainAddress('http://alice-0f3c6a1b2d4e.gongzhong.localhost:8000/a?b')).toBe('http://127.0.0.1:8000/a?b')
  for (const other of ['http://127.0.0.1:8000/a', 'https://a.example/?x=http://b.gongzhong.localhost/', 'http://gongzhong.localhost/']) {
    expect(plainAddress(other)).toBe(other)
  }
})

it('tells WeChat’s own pages from those of an account', () => {
  const here = { href: 'http://gongzhong.localhost:8700/', hostname: 'gongzhong.localhost', port: '8700' }
  for (const own of ['/s/KEY', 'https://open.weixin.qq.com/connect/oauth2/authorize', 'http://mp.weixin.qq.com/s/KEY', 'http://127.0.0.1:8700/s/KEY', 'http://a-0f3c6a1b2d4e.gongzhong.localhost:8700/connect/oauth2/authorize']) {
    expect(isPlatforms(own, here)).toBe(true)
  }
  for (const other of ['http://127.0.0.1:8000/', 'https://shop.example/', 'http://shop.example:8700/']) expect(isPlatforms(other, here)).toBe(false)
  expect(isPlatforms('http://127.0.0.1/', { href: 'https://bed.example/', hostname: 'bed.example', port: '' })).toBe(false)
})
