// The fields of a schema as rows, nested ones below the field that holds them. A type that holds itself, as a menu's
// button does, is shown once.
import { kindOf, resolved, type Definitions, type Schema } from '../ui/schema'

export interface FieldRow {
  path: string
  name: string
  depth: number
  required: boolean
  schema: Schema
}

export function fieldRows(schema: Schema, definitions: Definitions): FieldRow[] {
  return inside(schema, definitions, '', 0, [])
}

function inside(given: Schema, definitions: Definitions, path: string, depth: number, within: readonly string[]): FieldRow[] {
  const schema = resolved(given, definitions)
  const required = schema.required ?? []
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const own = resolved(field, definitions)
    const here = path ? `${path}.${name}` : name
    const item = kindOf(own) === 'list' ? (own.items ?? {}) : kindOf(own) === 'map' && typeof own.additionalProperties === 'object' ? own.additionalProperties : own
    const type = resolved(item, definitions).title ?? ''
    const row = { path: here, name, depth, required: required.includes(name), schema: own }
    if (type && within.includes(type)) return [row]
    return [row, ...inside(item, definitions, here, depth + 1, type ? [...within, type] : within)]
  })
}
