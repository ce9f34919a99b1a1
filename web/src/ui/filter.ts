// One language for every filter bar: `person:小明 -kind:api errcode:40001 "two words"`. A word before a colon names
// what is looked at, anything else is text; `-` excludes. The platform reads the same language for rows that a page
// does not hold. A full-width colon (：) is as good as `:`, for that is what a Chinese keyboard writes.

export interface Term {
  /** What is looked at; empty for text anywhere. */
  word: string
  value: string
  not: boolean
}

/** A term and where it stands in the text. */
export interface Placed extends Term {
  from: number
  to: number
}

const TOKEN = /(-?)(?:([a-z]+)[:：])?(?:"((?:[^"\\]|\\.)*)("?)|(\S*))/giuy
export const WORDS = ['person', 'kind', 'errcode', 'path', 'fault', 'ok', 'has', 'rid'] as const

/** Every term with its place. A word that is not among `words` is text, so that an address can be searched for. */
export function placed(text: string, words: readonly string[] = WORDS): Placed[] {
  const found: Placed[] = []
  let at = 0
  while (at < text.length) {
    if (/\s/u.test(text[at]!)) {
      at++
      continue
    }
    TOKEN.lastIndex = at
    const match = TOKEN.exec(text)!
    const [whole, minus, word = '', quoted, , bare = ''] = match
    const known = word === '' || words.includes(word.toLowerCase())
    // Without a known word the colon belongs to the text, and a quotation mark inside is only a character.
    const end = known ? at + whole.length : at + /^\S+/u.exec(text.slice(at))![0].length
    const value = known ? (quoted?.replace(/\\(.)/gu, '$1') ?? bare) : text.slice(at + minus!.length, end)
    const alone = minus === '-' && word === '' && quoted === undefined && value === ''
    found.push({ word: known ? word.toLowerCase() : '', value: alone ? '-' : value, not: minus === '-' && !alone, from: at, to: end })
    at = end
  }
  return found
}

/** The terms of a text. `person:` without a value is still being written and says nothing. */
export function parse(text: string, words: readonly string[] = WORDS): Term[] {
  return placed(text, words)
    .filter(({ value }) => value !== '')
    .map(({ word, value, not }) => ({ word, value, not }))
}

/** A term as it is written. */
export function written({ word, value, not }: Term): string {
  const quoted = /[\s"]/u.test(value) || value === '' || /^-/u.test(value) ? `"${value.replace(/(["\\])/gu, '\\$1')}"` : value
  return `${not ? '-' : ''}${word ? `${word}:` : ''}${quoted}`
}

/** The text with one term more, or without it if it is already there. */
export function toggled(text: string, term: Term, words: readonly string[] = WORDS): string {
  const same = (one: Term): boolean => one.word === term.word && one.value === term.value && one.not === term.not
  const terms = parse(text, words)
  const left = terms.some(same) ? terms.filter((one) => !same(one)) : [...terms, term]
  return left.map(written).join(' ')
}

/**
 * Whether something is what the terms ask for. `values` gives what it has under a word, `text` all that can be searched.
 * Terms of the same word are alternatives; different words must all hold; what is excluded must not.
 */
export function holds(terms: readonly Term[], values: (word: string) => readonly string[], text: () => string): boolean {
  const alternatives = new Map<string, boolean>()
  let searched: string | null = null
  for (const { word, value, not } of terms) {
    const wanted = value.toLowerCase()
    const met = word ? values(word).some((one) => one.toLowerCase() === wanted) : (searched ??= text().toLowerCase()).includes(wanted)
    if (not ? met : !met && !word) return false
    if (!not && word) alternatives.set(word, met || (alternatives.get(word) ?? false))
  }
  return [...alternatives.values()].every(Boolean)
}
