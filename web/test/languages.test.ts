// One language in each sentence: what both say stands in the message files, and no string holds the two at once.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

import { expect, it } from 'vitest'

const SOURCE = join(import.meta.dirname, '../src')
const BOTH = /['"`>][^'"`<]*[\u4e00-\u9fff][^'"`<]*\s\/\s[A-Za-z][^'"`<]*['"`<]/

it('has no string in both languages', () => {
  const files = readdirSync(SOURCE, { recursive: true, encoding: 'utf-8' }).filter((name) => /\.(ts|vue)$/.test(name))
  expect(files.length).toBeGreaterThan(50)
  const found = files.flatMap((name) =>
    readFileSync(join(SOURCE, name), 'utf-8')
      .split('\n')
      .filter((line) => !line.trimStart().startsWith('//') && BOTH.test(line))
      .map((line) => `${name}: ${line.trim()}`),
  )
  expect(found).toEqual([])
})
