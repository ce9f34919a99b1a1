// JSON Schema, as the OpenAPI document of the platform has it, read for a form: what a field is, what is wrong with a
// value, and a value to begin with. Lengths count characters, `x-max-bytes` counts UTF-8; `x-code-invalid` and
// `x-code-missing` are the return codes that WeChat gives.
import type { MessageKey } from '../i18n'
import { isRecord, readJson, writeJson } from './json'

export interface Schema {
  $ref?: string
  type?: string
  title?: string
  description?: string
  properties?: Record<string, Schema>
  required?: string[]
  additionalProperties?: Schema | boolean
  items?: Schema
  anyOf?: Schema[]
  oneOf?: Schema[]
  allOf?: Schema[]
  enum?: unknown[]
  const?: unknown
  default?: unknown
  format?: string
  contentEncoding?: string
  pattern?: string
  minLength?: number
  maxLength?: number
  minimum?: number
  maximum?: number
  minItems?: number
  maxItems?: number
  'x-max-bytes'?: number
  'x-code-invalid'?: number
  'x-code-missing'?: number
  /** A remark for people. */
  'x-words'?: { zh: string; en: string }
  $defs?: Record<string, Schema>
}

export type Definitions = Readonly<Record<string, Schema>>
export type Path = readonly (string | number)[]
export type Kind = 'text' | 'number' | 'boolean' | 'choice' | 'constant' | 'list' | 'object' | 'map' | 'file' | 'bytes' | 'either' | 'any'

/** A file for a multipart body: base64, so that a form's value is JSON throughout. */
export interface FileValue {
  filename: string
  content_type: string
  content: string
}

export interface Problem {
  path: Path
  rule: MessageKey
  values: Record<string, string | number>
  /** WeChat's return code for it, where the schema names one. */
  code: number | undefined
}

const NULL = 'null'
const bytes = new TextEncoder()

/** The schema itself: references followed, `allOf` joined, and null, which a form expresses by leaving out, taken away. */
export function resolved(schema: Schema, definitions: Definitions): Schema {
  if (schema.$ref) {
    const { $ref, ...beside } = schema
    return resolved({ ...definitions[$ref.split('/').at(-1)!], ...beside }, definitions)
  }
  if (schema.allOf) {
    const { allOf, ...beside } = schema
    return allOf.map((part) => resolved(part, definitions)).reduce(joined, beside)
  }
  const branches = schema.anyOf ?? schema.oneOf
  const real = branches?.filter((one) => one.type !== NULL)
  if (!real || real.length > 1) return schema
  const { anyOf, oneOf, ...beside } = schema
  return resolved({ ...beside, ...real[0] }, definitions)
}

function joined(one: Schema, other: Schema): Schema {
  return {
    ...one,
    ...other,
    properties: { ...one.properties, ...other.properties },
    required: [...(one.required ?? []), ...(other.required ?? [])],
  }
}

export function kindOf(schema: Schema): Kind {
  if (schema.const !== undefined) return 'constant'
  if (schema.enum) return 'choice'
  if (schema.anyOf ?? schema.oneOf) return 'either'
  switch (schema.type) {
    case 'string':
      if (schema.format === 'binary') return 'file'
      return schema.contentEncoding === 'base64' ? 'bytes' : 'text'
    case 'integer':
    case 'number':
      return 'number'
    case 'boolean':
      return 'boolean'
    case 'array':
      return 'list'
    case 'object':
      return schema.properties ? 'object' : 'map'
    default:
      return schema.properties ? 'object' : 'any'
  }
}

/** The branches of an `anyOf` that a form offers. */
export function branchesOf(schema: Schema, definitions: Definitions): Schema[] {
  return (schema.anyOf ?? schema.oneOf ?? []).filter((one) => one.type !== NULL).map((one) => resolved(one, definitions))
}

/** The branch that a value suits best. */
export function branchOf(branches: readonly Schema[], value: unknown, definitions: Definitions): number {
  const wrong = branches.map((branch) => problemsOf(value, branch, definitions).length + (suits(branch, value) ? 0 : 1000))
  return wrong.indexOf(Math.min(...wrong))
}

function suits(schema: Schema, value: unknown): boolean {
  const kind = kindOf(schema)
  if (kind === 'number') return typeof value === 'number' || typeof value === 'bigint'
  if (kind === 'text' || kind === 'bytes') return typeof value === 'string'
  if (kind === 'list') return Array.isArray(value)
  return true
}

/** A value to begin with: what must be there, empty; what may be left out is left out. */
export function blank(given: Schema, definitions: Definitions): unknown {
  const schema = resolved(given, definitions)
  if (schema.default !== undefined && schema.default !== null) return readJson(writeJson(schema.default))
  switch (kindOf(schema)) {
    case 'constant':
      return schema.const
    case 'object': {
      const entries = (schema.required ?? []).map((name) => [name, blank(schema.properties![name] ?? {}, definitions)] as const)
      return Object.fromEntries(entries.filter(([, value]) => value !== undefined))
    }
    case 'map':
      return {}
    case 'list':
      return Array.from({ length: schema.minItems ?? 0 }, () => blank(schema.items ?? {}, definitions) ?? '')
    case 'either':
      return blank(branchesOf(schema, definitions)[0]!, definitions)
    default:
      return undefined
  }
}

/** Everything that is wrong with a value, from outside to inside. */
export function problemsOf(value: unknown, given: Schema, definitions: Definitions, path: Path = []): Problem[] {
  const schema = resolved(given, definitions)
  const kind = kindOf(schema)
  if (kind === 'either') {
    const branches = branchesOf(schema, definitions)
    const all = branches.map((branch) => (suits(branch, value) ? problemsOf(value, branch, definitions, path) : [wrong(path, schema, 'form.wrong')]))
    return all.reduce((best, one) => (one.length < best.length ? one : best))
  }
  return CHECKS[kind](value, schema, definitions, path)
}

type Check = (value: unknown, schema: Schema, definitions: Definitions, path: Path) => Problem[]

function wrong(path: Path, schema: Schema, rule: MessageKey, values: Problem['values'] = {}): Problem {
  return { path, rule, values, code: schema['x-code-invalid'] }
}

const ofText: Check = (value, schema, _, path) => {
  if (typeof value !== 'string') return [wrong(path, schema, 'form.text')]
  const [length, size] = [[...value].length, bytes.encode(value).length]
  const say = (rule: MessageKey, limit: number, now: number): Problem[] => [wrong(path, schema, rule, { limit, now })]
  if (schema.minLength !== undefined && length < schema.minLength) return say('form.shortNow', schema.minLength, length)
  if (schema.maxLength !== undefined && length > schema.maxLength) return say('form.longNow', schema.maxLength, length)
  const most = schema['x-max-bytes']
  if (most !== undefined && size > most) return say('form.bytesNow', most, size)
  return matches(schema.pattern, value) ? [] : [wrong(path, schema, 'form.pattern', { pattern: schema.pattern! })]
}

function matches(pattern: string | undefined, value: string): boolean {
  if (pattern === undefined) return true
  try {
    return new RegExp(pattern, 'u').test(value)
  } catch {
    return true // a pattern of another dialect: the platform judges
  }
}

const ofNumber: Check = (value, schema, _, path) => {
  if (typeof value !== 'number' && typeof value !== 'bigint') return [wrong(path, schema, 'form.number')]
  if (schema.type === 'integer' && typeof value === 'number' && !Number.isInteger(value)) return [wrong(path, schema, 'form.whole')]
  if (schema.minimum !== undefined && value < schema.minimum) return [wrong(path, schema, 'form.least', { limit: schema.minimum })]
  if (schema.maximum !== undefined && value > schema.maximum) return [wrong(path, schema, 'form.most', { limit: schema.maximum })]
  return []
}

const ofChoice: Check = (value, schema, _, path) =>
  schema.enum!.includes(value) ? [] : [wrong(path, schema, 'form.choice', { choices: schema.enum!.join(', ') })]

const ofList: Check = (value, schema, definitions, path) => {
  if (!Array.isArray(value)) return [wrong(path, schema, 'form.list')]
  const say = (rule: MessageKey, limit: number): Problem[] => [wrong(path, schema, rule, { limit, now: value.length })]
  if (schema.minItems !== undefined && value.length < schema.minItems) return say('form.fewItems', schema.minItems)
  if (schema.maxItems !== undefined && value.length > schema.maxItems) return say('form.manyItems', schema.maxItems)
  return value.flatMap((one, at) => problemsOf(one, schema.items ?? {}, definitions, [...path, at]))
}

const ofObject: Check = (value, schema, definitions, path) => {
  if (!isRecord(value)) return [wrong(path, schema, 'form.object')]
  const missing = (schema.required ?? [])
    .filter((name) => value[name] === undefined || value[name] === null)
    .map((name): Problem => {
      const field = resolved(schema.properties?.[name] ?? {}, definitions)
      return { path: [...path, name], rule: 'form.missing', values: {}, code: field['x-code-missing'] ?? field['x-code-invalid'] }
    })
  const given = Object.entries(schema.properties ?? {}).filter(([name]) => value[name] !== undefined && value[name] !== null)
  return [...missing, ...given.flatMap(([name, field]) => problemsOf(value[name], field, definitions, [...path, name]))]
}

const ofMap: Check = (value, schema, definitions, path) => {
  if (!isRecord(value)) return [wrong(path, schema, 'form.object')]
  const inner = schema.additionalProperties
  if (typeof inner !== 'object') return []
  return Object.entries(value).flatMap(([name, one]) => problemsOf(one, inner, definitions, [...path, name]))
}

const ofBytes: Check = (value, schema, _, path) =>
  typeof value === 'string' && /^[A-Za-z0-9+/]*={0,2}$/.test(value) && value.length % 4 === 0 ? [] : [wrong(path, schema, 'form.base64')]

const CHECKS: Record<Exclude<Kind, 'either'>, Check> = {
  text: ofText,
  number: ofNumber,
  choice: ofChoice,
  list: ofList,
  object: ofObject,
  map: ofMap,
  bytes: ofBytes,
  boolean: (value, schema, _, path) => (typeof value === 'boolean' ? [] : [wrong(path, schema, 'form.boolean')]),
  constant: (value, schema, _, path) => (value === schema.const ? [] : [wrong(path, schema, 'form.choice', { choices: String(schema.const) })]),
  file: (value, schema, _, path) => (isRecord(value) && typeof value['content'] === 'string' ? [] : [wrong(path, schema, 'form.file')]),
  any: () => [],
}

/** `["button", 0, "name"]` as people and WeChat write it: `button[0].name`. */
export function pathText(path: Path): string {
  return path.reduce<string>((text, part) => (typeof part === 'number' ? `${text}[${part}]` : text ? `${text}.${part}` : part), '')
}

/** The limits of a field in a few words, each a message with its values. */
export function limitsOf(schema: Schema): { key: MessageKey; values: Record<string, string | number> }[] {
  const found: { key: MessageKey; values: Record<string, string | number> }[] = []
  const add = (key: MessageKey, values: Record<string, string | number | undefined>): void => {
    if (Object.values(values).every((value) => value !== undefined)) found.push({ key, values: values as Record<string, string | number> })
  }
  add('limit.maxLength', { limit: schema.maxLength })
  if ((schema.minLength ?? 0) > 1) add('limit.minLength', { limit: schema.minLength })
  add('limit.maxBytes', { limit: schema['x-max-bytes'] })
  add('limit.minimum', { limit: schema.minimum })
  add('limit.maximum', { limit: schema.maximum })
  if ((schema.minItems ?? 0) > 0) add('limit.minItems', { limit: schema.minItems })
  add('limit.maxItems', { limit: schema.maxItems })
  add('limit.pattern', { pattern: schema.pattern })
  return found
}

const TYPE_NAMES: Record<Kind, MessageKey> = {
  text: 'type.text',
  number: 'type.number',
  boolean: 'type.boolean',
  choice: 'type.choice',
  constant: 'type.choice',
  list: 'type.list',
  object: 'type.object',
  map: 'type.map',
  file: 'type.file',
  bytes: 'type.bytes',
  either: 'type.either',
  any: 'type.any',
}

/** What kind of value a field takes, for people. */
export function typeName(schema: Schema): MessageKey {
  return schema.type === 'integer' && !schema.enum ? 'type.integer' : TYPE_NAMES[kindOf(schema)]
}
