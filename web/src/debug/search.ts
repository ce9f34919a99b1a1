// Finding a call or a push by its Chinese or English name, its class or its path, and reading a schema in one language.
import type { Language } from '../i18n'
import { isRecord } from '../ui/json'
import type { Definitions, Schema } from '../ui/schema'

export interface Entry {
  name: string
  zh: string
  en: string
  /** What stands small beside it: the path, or the type. */
  detail: string
  gone: boolean
}

export interface Group {
  name: string
  zh: string
  en: string
  entries: Entry[]
}

/** The groups with the entries that hold every word, in any letter case; groups without any are left out. */
export function found(groups: readonly Group[], text: string): Group[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0) return [...groups]
  const fits = (group: Group, entry: Entry): boolean => {
    const all = `${entry.name} ${entry.zh} ${entry.en} ${entry.detail} ${group.zh} ${group.en}`.toLowerCase()
    return words.every((word) => all.includes(word))
  }
  return groups.map((group) => ({ ...group, entries: group.entries.filter((entry) => fits(group, entry)) })).filter((group) => group.entries.length)
}

/** A schema whose descriptions are the remarks in one language; what the code says for its own readers goes. */
export function worded<T>(schema: T, lang: Language): T {
  if (Array.isArray(schema)) return schema.map((one: unknown) => worded(one, lang)) as T
  if (!isRecord(schema)) return schema
  const { description: _, 'x-words': words, ...rest } = schema as Record<string, unknown>
  const inner = Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, isProperties(name) ? named(value, lang) : worded(value, lang)]))
  const said = isRecord(words) ? words[lang] : undefined
  return (typeof said === 'string' ? { ...inner, description: said } : inner) as T
}

const isProperties = (name: string): boolean => name === 'properties' || name === '$defs'

/** Names of fields are no keywords: one may be called `description`. */
function named(fields: unknown, lang: Language): unknown {
  return isRecord(fields) ? Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, worded(field, lang)])) : fields
}

export function definitionsOf(schema: Record<string, unknown>): Definitions {
  return (schema['$defs'] ?? {}) as Definitions
}

/** A type in few words: `string`, `[integer]`, `Template[]`. */
export function typeOf(schema: Schema, definitions: Definitions): string {
  if (schema.$ref) return schema.$ref.split('/').at(-1)!.split('.').at(-1)!
  if (schema.anyOf) return schema.anyOf.filter((one) => one.type !== 'null').map((one) => typeOf(one, definitions)).join(' | ')
  if (schema.type === 'array') return `${typeOf(schema.items ?? {}, definitions)}[]`
  return schema.type ?? 'any'
}
