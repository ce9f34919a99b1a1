import { describe, expect, it } from 'vitest'

import { segments, webAddress, withEmoticons } from '../src/phone/text'

describe('segments', () => {
  it('leaves plain text alone, line breaks included', () => {
    expect(segments('一\n二')).toEqual([{ kind: 'text', text: '一\n二' }])
  })

  it('finds links in <a> with either quote', () => {
    expect(segments(`去<a href="http://a.cn/?x=1&amp;y=2">这里</a>或<a href='https://b.cn'>那里</a>`)).toEqual([
      { kind: 'text', text: '去' },
      { kind: 'link', text: '这里', url: 'http://a.cn/?x=1&y=2' },
      { kind: 'text', text: '或' },
      { kind: 'link', text: '那里', url: 'https://b.cn' },
    ])
  })

  it('finds bare addresses and leaves the punctuation of the sentence outside', () => {
    expect(segments('看 https://a.cn/b?c=d。好')).toEqual([
      { kind: 'text', text: '看 ' },
      { kind: 'link', text: 'https://a.cn/b?c=d', url: 'https://a.cn/b?c=d' },
      { kind: 'text', text: '。好' },
    ])
  })

  it('turns bizmsgmenu links into options', () => {
    const [option] = segments('<a href="weixin://bizmsgmenu?msgmenucontent=附近%20门店&msgmenuid=7">门店</a>')
    expect(option).toEqual({ kind: 'menu', text: '门店', content: '附近 门店', id: '7' })
  })

  it('knows mini-program links', () => {
    const [link] = segments('<a data-miniprogram-appid="wx1" data-miniprogram-path="pages/a" href="https://a.cn">去</a>')
    expect(link).toEqual({ kind: 'miniprogram', text: '去', appid: 'wx1', path: 'pages/a' })
  })

  it.each(['javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd'])('never links to %s', (url) => {
    expect(segments(`<a href="${url}">点我</a>`)).toEqual([{ kind: 'text', text: '点我' }])
    expect(webAddress(url)).toBeNull()
  })

  it('keeps other markup as visible text', () => {
    expect(segments('<b>粗</b> <img src=x>')).toEqual([{ kind: 'text', text: '<b>粗</b> <img src=x>' }])
  })
})

describe('withEmoticons', () => {
  it('knows both spellings of the wire', () => {
    expect(withEmoticons('/::)你好[微笑]')).toBe('🙂你好🙂')
  })

  it('leaves what is no emoticon', () => {
    expect(withEmoticons('[待办] a/:b')).toBe('[待办] a/:b')
  })
})
