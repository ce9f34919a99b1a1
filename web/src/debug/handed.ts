// What a row of the traffic hands to a form: values and XML may be too long for the address, so they come this way, once.
import type { Values } from './api'

const handed: { call: string; values: Values | null; push: string; xml: string | null } = { call: '', values: null, push: '', xml: null }

export function handValues(call: string, values: Values): void {
  handed.call = call
  handed.values = values
}

export function handXml(push: string, xml: string): void {
  handed.push = push
  handed.xml = xml
}

/** The values that were handed for this call, or null. */
export function takeValues(call: string): Values | null {
  const values = handed.call === call ? handed.values : null
  handed.values = null
  return values
}

/** The XML that was handed for this push, or null. */
export function takeXml(push: string): string | null {
  const xml = handed.push === push ? handed.xml : null
  handed.xml = null
  return xml
}
