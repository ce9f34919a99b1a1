import { describe, expect, it } from 'vitest'

import { pretty, shapeOf, tokens } from '../src/ui/pretty'

describe('pretty', () => {
  it('indents XML, one element a line, CDATA untouched', () => {
    const xml = '<xml><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[<a href="x">链接</a>]]></Content><Id>1</Id></xml>'
    expect(pretty(xml)).toBe(
      [
        '<xml>',
        '  <MsgType><![CDATA[text]]></MsgType>',
        '  <Content><![CDATA[<a href="x">链接</a>]]></Content>',
        '  <Id>1</Id>',
        '</xml>',
      ].join('\n'),
    )
  })

  it('indents nested, empty and already indented XML', () => {
    const xml = '<xml>\n<Articles><item><Title></Title></item><item/></Articles>\n</xml>'
    expect(pretty(xml)).toBe(
      ['<xml>', '  <Articles>', '    <item>', '      <Title></Title>', '    </item>', '    <item/>', '  </Articles>', '</xml>'].join('\n'),
    )
  })

  it('keeps 64-bit numbers of JSON exactly', () => {
    expect(pretty('{"msg_id":24261840000000001,"text":"24261840000000001","n":-1.5}')).toBe(
      '{\n  "msg_id": 24261840000000001,\n  "text": "24261840000000001",\n  "n": -1.5\n}',
    )
  })

  it('keeps repeated names and numbers as written, and shows escaped Chinese as Chinese', () => {
    expect(pretty('{"a":1.0,"a":2e3,"b":"\\u4f60\\n\\"x","c":[],"d":{}}')).toBe(
      '{\n  "a": 1.0,\n  "a": 2e3,\n  "b": "你\\n\\"x",\n  "c": [],\n  "d": {}\n}',
    )
  })

  it.each(['success', '', 'a=1&b=2', '{"cut":'])('leaves %j as it is', (text) => {
    expect(pretty(text)).toBe(text)
  })
})

describe('tokens', () => {
  it.each(['<xml><A><![CDATA[一]]></A><B>12</B></xml>', '{"a":[1,true,null,"x\\"y"]}', 'success & more'])(
    'loses nothing of %s',
    (text) => {
      expect(
        tokens(text)
          .map((token) => token.text)
          .join(''),
      ).toBe(text)
    },
  )

  it('names what it found', () => {
    expect(tokens('{"a": 1}').filter((token) => token.kind !== 'mark')).toEqual([
      { kind: 'name', text: '"a"' },
      { kind: 'number', text: '1' },
    ])
    expect(tokens('<A><![CDATA[b]]></A>').find((token) => token.kind === 'string')?.text).toBe('b')
  })

  it('tells shapes apart', () => {
    expect([shapeOf(' <xml></xml> '), shapeOf('[1]'), shapeOf('success')]).toEqual(['xml', 'json', 'text'])
  })
})
