import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'

import { folded, readJson, unfolded, writeJson } from '../src/ui/json'
import { blank, limitsOf, pathText, problemsOf, resolved, type Schema } from '../src/ui/schema'
import SchemaForm from '../src/ui/SchemaForm.vue'

const definitions: Record<string, Schema> = {
  Button: {
    type: 'object',
    properties: {
      name: { type: 'string', minLength: 1, 'x-max-bytes': 16, 'x-code-invalid': 40018 },
      key: { anyOf: [{ type: 'string', 'x-max-bytes': 128 }, { type: 'null' }], default: null },
      sub_button: { type: 'array', items: { $ref: '#/components/schemas/Button' }, maxItems: 5, default: [] },
    },
    required: ['name'],
  },
}

const menu: Schema = {
  type: 'object',
  properties: { button: { type: 'array', items: { $ref: '#/components/schemas/Button' }, minItems: 1, maxItems: 3, 'x-code-invalid': 40016, 'x-code-missing': 40016 } },
  required: ['button'],
}

describe('problems', () => {
  const wrong = (value: unknown, schema: Schema): unknown[] => problemsOf(value, schema, definitions).map(({ path, rule, code }) => [pathText(path), rule, code])

  it.each<[string, Schema, unknown, string]>([
    ['too short', { type: 'string', minLength: 2 }, '字', 'form.shortNow'],
    ['too long in characters', { type: 'string', maxLength: 2 }, '三个字', 'form.longNow'],
    ['too long in bytes', { type: 'string', 'x-max-bytes': 5 }, '两字', 'form.bytesNow'],
    ['of another form', { type: 'string', pattern: '^[a-z]+$' }, 'A', 'form.pattern'],
    ['not text', { type: 'string' }, 1, 'form.text'],
    ['not a number', { type: 'integer' }, 'x', 'form.number'],
    ['not whole', { type: 'integer' }, 1.5, 'form.whole'],
    ['too small', { type: 'integer', minimum: 1 }, 0, 'form.least'],
    ['too large', { type: 'number', maximum: 1 }, 1.1, 'form.most'],
    ['no choice', { enum: ['a', 'b'] }, 'c', 'form.choice'],
    ['not yes or no', { type: 'boolean' }, 1, 'form.boolean'],
    ['too few', { type: 'array', minItems: 1 }, [], 'form.fewItems'],
    ['too many', { type: 'array', maxItems: 1 }, [1, 2], 'form.manyItems'],
    ['no list', { type: 'array' }, {}, 'form.list'],
    ['no object', { type: 'object', properties: {} }, [], 'form.object'],
    ['no base64', { type: 'string', contentEncoding: 'base64' }, 'abc', 'form.base64'],
    ['no file', { type: 'string', format: 'binary' }, 'abc', 'form.file'],
    ['another constant', { const: 1 }, 2, 'form.choice'],
  ])('%s', (_, schema, value, rule) => expect(problemsOf(value, schema, {})[0]?.rule).toBe(rule))

  it.each<[Schema, unknown]>([
    [{ type: 'string', maxLength: 1 }, '😀'],
    [{ type: 'string', 'x-max-bytes': 6 }, '两字'],
    [{ type: 'integer', maximum: 2 ** 63 }, 2n ** 60n],
    [{ type: 'string', contentEncoding: 'base64' }, 'YWI='],
    [{ type: 'string', pattern: '(?P<named>x)' }, 'anything: the pattern is another dialect'],
    [{ anyOf: [{ type: 'integer' }, { type: 'string' }] }, 'x'],
    [{}, { any: ['thing'] }],
  ])('none in %o', (schema, value) => expect(problemsOf(value, schema, {})).toEqual([]))

  it('say where, and which code WeChat gives', () => {
    expect(wrong({}, menu)).toEqual([['button', 'form.missing', 40016]])
    expect(wrong({ button: [] }, menu)).toEqual([['button', 'form.fewItems', 40016]])
    expect(wrong({ button: [{ name: 'ok', sub_button: [{ name: '一个太长的名字' }] }, {}] }, menu)).toEqual([
      ['button[0].sub_button[0].name', 'form.bytesNow', 40018],
      ['button[1].name', 'form.missing', 40018],
    ])
    expect(wrong({ button: [{ name: 'ok', key: null }] }, menu)).toEqual([])
  })
})

describe('a schema', () => {
  it('is followed through references, alternatives with null, and parts', () => {
    expect(resolved({ anyOf: [{ $ref: '#/components/schemas/Button' }, { type: 'null' }] }, definitions).required).toEqual(['name'])
    const both = resolved({ allOf: [{ $ref: '#/x/Button' }, { properties: { more: { type: 'string' } }, required: ['more'] }] }, definitions)
    expect([Object.keys(both.properties!), both.required]).toEqual([['name', 'key', 'sub_button', 'more'], ['name', 'more']])
  })

  it('gives a value to begin with, which has all that must be there', () => {
    expect(blank(menu, definitions)).toEqual({ button: [{}] })
    expect(blank({ type: 'array', minItems: 2, items: { type: 'string' } }, {})).toEqual(['', ''])
    expect(blank({ type: 'object', properties: { lang: { type: 'string', default: 'zh_CN' } }, required: ['lang'] }, {})).toEqual({ lang: 'zh_CN' })
  })

  it('says its limits', () => {
    expect(limitsOf({ type: 'string', minLength: 1, maxLength: 20, 'x-max-bytes': 60, pattern: 'a' }).map((one) => one.key)).toEqual(['limit.maxLength', 'limit.maxBytes', 'limit.pattern'])
  })
})

describe('JSON', () => {
  it('keeps large numbers as they are written', () => {
    const text = '{\n  "msg_id": 24261840000000020999,\n  "small": 12,\n  "text": "24261840000000020999"\n}'
    expect(readJson(text)).toEqual({ msg_id: 24261840000000020999n, small: 12, text: '24261840000000020999' })
    expect(writeJson(readJson(text))).toBe(text)
  })

  it('folds long texts and unfolds them again', () => {
    const value = { media: { content: 'A'.repeat(10_000) }, list: ['short'] }
    const fold = folded(value, (size) => `${size} bytes`)
    expect(JSON.stringify(fold.value).length).toBeLessThan(100)
    expect(unfolded(readJson(writeJson(fold.value)), fold.kept)).toEqual(value)
  })
})

describe('SchemaForm', () => {
  function form(schema: Schema, value: unknown) {
    const view = mount(SchemaForm, {
      props: { schema, definitions, modelValue: value, 'onUpdate:modelValue': (to: unknown) => void view.setProps({ modelValue: to }), 'onUpdate:view': (to: 'form' | 'json') => void view.setProps({ view: to }) },
    })
    return view
  }
  const written = (view: ReturnType<typeof form>): unknown => view.props('modelValue')

  it('writes nested fields, adds, moves and removes items', async () => {
    const view = form(menu, { button: [{ name: '一' }] })
    await view.get('[data-testid="form-button[0].name"]').setValue('二')
    await view.get('[data-testid=form-with-sub_button]').trigger('click')
    await view.get('fieldset fieldset [data-testid=form-add]').trigger('click')
    await view.get('[data-testid="form-button[0].sub_button[0].name"]').setValue('子')
    expect(written(view)).toEqual({ button: [{ name: '二', sub_button: [{ name: '子' }] }] })
    await view.findAll('[data-testid=form-add]').at(-1)!.trigger('click')
    await view.get('[data-testid="form-button[1].name"]').setValue('三')
    await view.findAll('[aria-label=下移]')[0]!.trigger('click')
    expect((written(view) as { button: { name: string }[] }).button.map((one) => one.name)).toEqual(['三', '二'])
    await view.findAll('[data-testid=form-remove]')[0]!.trigger('click')
    expect((written(view) as { button: { name: string }[] }).button.map((one) => one.name)).toEqual(['二'])
  })

  it('leaves out what is emptied, and offers no fourth item of three', async () => {
    const view = form(menu, { button: [{ name: '一', key: 'k' }, { name: '二' }, { name: '三' }] })
    await view.get('[data-testid="form-button[0].key"]').setValue('')
    expect(written(view)).toEqual({ button: [{ name: '一' }, { name: '二' }, { name: '三' }] })
    expect(view.findAll('[data-testid=form-add]').at(-1)!.attributes('disabled')).toBeDefined()
  })

  it('says at once what is wrong, but what is missing only when the field was left or all is checked', async () => {
    const view = form(menu, { button: [{}] })
    expect(view.text()).not.toContain('请填写这一项')
    await view.get('[data-testid="form-button[0].name"]').trigger('blur')
    expect(view.get('[data-testid="form-button[0].name-problem"]').text()).toContain('返回码 40018')
    await view.get('[data-testid="form-button[0].name"]').setValue('一个太长的名字')
    expect(view.get('[data-testid="form-button[0].name-problem"]').text()).toContain('最多 16 字节，现有 21')
    expect(view.get('[data-testid="form-button[0].name"]').attributes('aria-invalid')).toBe('true')
    await view.get('[data-testid="form-button[0].name"]').setValue('好')
    expect(view.vm.check()).toBe(true)
    await view.vm.$nextTick()
    expect(view.get('[data-testid=form-verdict]').text()).toBe('校验通过')
  })

  it('keeps a number that is none as it was written, so that it is seen', async () => {
    const view = form({ type: 'object', properties: { count: { type: 'integer', minimum: 1 }, id: { type: 'integer' } }, required: ['count'] }, {})
    await view.get('[data-testid=form-count]').setValue('many')
    expect(written(view)).toEqual({ count: 'many' })
    expect(view.get('[data-testid=form-count-problem]').text()).toContain('请填写数字')
    await view.get('[data-testid=form-count]').setValue('3')
    await view.get('[data-testid=form-id]').setValue('24261840000000020999')
    expect(written(view)).toEqual({ count: 3, id: 24261840000000020999n })
  })

  it('is in step with its JSON, in both directions', async () => {
    const view = form(menu, { button: [{ name: '一' }] })
    await view.get('[data-testid=form-as-json]').trigger('click')
    const json = view.get('[data-testid=form-json]')
    expect(readJson((json.element as HTMLTextAreaElement).value)).toEqual({ button: [{ name: '一' }] })
    await json.setValue('{"button": [{"name": "二"}')
    expect(view.text()).toContain('不是 JSON')
    expect(written(view)).toEqual({ button: [{ name: '一' }] })
    await json.setValue('{"button":[{"name":"二"}],"more":1}')
    expect(written(view)).toEqual({ button: [{ name: '二' }], more: 1 })
    expect((json.element as HTMLTextAreaElement).value).toBe('{"button":[{"name":"二"}],"more":1}')
    await view.get('[data-testid=form-as-form]').trigger('click')
    await view.get('[data-testid="form-button[0].name"]').setValue('三')
    expect(written(view)).toEqual({ button: [{ name: '三' }], more: 1 })
  })

  it('takes names and values, choices, and lines pasted into a list', async () => {
    const schema: Schema = {
      type: 'object',
      properties: {
        data: { type: 'object', additionalProperties: { type: 'object', properties: { value: { type: 'string' } }, required: ['value'] } },
        kind: { enum: [1, 2] },
        tousers: { type: 'array', items: { type: 'string' } },
      },
      required: ['data', 'kind', 'tousers'],
    }
    const view = form(schema, { data: {}, tousers: [''] })
    await view.get('[data-testid=form-entry-name]').setValue('thing1')
    await view.get('[data-testid=form-entry-add]').trigger('click')
    await view.get('[data-testid="form-data.thing1.value"]').setValue('豆浆')
    await view.get('[data-testid=form-kind]').setValue('1')
    await view.get('[data-testid="form-tousers[0]"]').trigger('paste', { clipboardData: { getData: () => 'o1\no2\r\n\no3' } })
    expect(written(view)).toEqual({ data: { thing1: { value: '豆浆' } }, kind: 2, tousers: ['o1', 'o2', 'o3'] })
  })
})
