// Bodies as a person reads them: indented XML and JSON, cut into coloured tokens. Text that is neither stays as it is:
// an inspector must never hide what was really sent.
export type Shape = 'json' | 'xml' | 'text'
export type TokenKind = 'plain' | 'name' | 'string' | 'number' | 'mark'

export interface Token {
  kind: TokenKind
  text: string
}

const XML_PART = /<!\[CDATA\[[\s\S]*?\]\]>|<[^>]*>|[^<]+/g
const XML_TOKEN = /(<!\[CDATA\[)([\s\S]*?)(\]\]>)|(<[/?!]?)([\w:.-]+)([^>]*>)|([^<]+)/g
const JSON_PART = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g
const JSON_TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|(-?\d[\d.eE+-]*|true|false|null)|([{}[\],]+|\s+)|(.)/g

export function shapeOf(text: string): Shape {
  const start = text.trimStart()
  if (start.startsWith('<') && start.trimEnd().endsWith('>')) return 'xml'
  return parses(start) ? 'json' : 'text'
}

export function pretty(text: string): string {
  const shape = shapeOf(text)
  if (shape === 'json') return prettyJson(text)
  return shape === 'xml' ? prettyXml(text) : text
}

export function tokens(text: string): Token[] {
  const shape = shapeOf(text)
  if (shape === 'text') return [{ kind: 'plain', text }]
  return shape === 'json' ? jsonTokens(text) : xmlTokens(text)
}

/** Strings lose their \\u escapes; numbers stay as written, for MsgIds exceed what JavaScript's numbers hold. */
function prettyJson(text: string): string {
  let depth = 0
  let out = ''
  const newLine = (): string => `\n${'  '.repeat(depth)}`
  for (const [part] of text.matchAll(JSON_PART)) {
    if (part === '{' || part === '[') {
      depth++
      out += part + newLine()
    } else if (part === '}' || part === ']') {
      depth--
      out = /[{[]\s*$/.test(out) ? out.trimEnd() + part : out + newLine() + part
    } else if (part === ',') out += part + newLine()
    else if (part === ':') out += ': '
    else out += part.startsWith('"') ? JSON.stringify(JSON.parse(part)) : part
  }
  return out
}

function parses(text: string): boolean {
  if (!/^[[{]/.test(text)) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function prettyXml(text: string): string {
  const lines: string[] = []
  let depth = 0
  let open = false
  for (const part of text.match(XML_PART) ?? []) {
    const isTag = part.startsWith('<') && !part.startsWith('<![CDATA[')
    if (!isTag) {
      if (part.trim() || open) lines[lines.length - 1] += part.trim() ? part : ''
    } else if (part.startsWith('</')) {
      depth = Math.max(0, depth - 1)
      if (open) lines[lines.length - 1] += part
      else lines.push('  '.repeat(depth) + part)
      open = false
    } else {
      lines.push('  '.repeat(depth) + part)
      open = !/^<[?!]|\/>$/.test(part)
      if (open) depth++
    }
  }
  return lines.join('\n')
}

function xmlTokens(text: string): Token[] {
  const found: Token[] = []
  for (const [, cdata, content, cdataEnd, bracket, name, rest, words] of text.matchAll(XML_TOKEN)) {
    if (cdata) add(found, ['mark', cdata], ['string', content], ['mark', cdataEnd])
    else if (bracket) add(found, ['mark', bracket], ['name', name], ['mark', rest])
    else add(found, [/^\s*-?\d+(\.\d+)?\s*$/.test(words!) ? 'number' : 'plain', words])
  }
  return found
}

function jsonTokens(text: string): Token[] {
  const found: Token[] = []
  for (const [, string, colon, literal, mark, other] of text.matchAll(JSON_TOKEN)) {
    if (string) add(found, [colon ? 'name' : 'string', string], ['mark', colon])
    else if (literal) add(found, ['number', literal])
    else add(found, ['mark', mark], ['plain', other])
  }
  return found
}

function add(found: Token[], ...parts: [TokenKind, string | undefined][]): void {
  for (const [kind, text] of parts) if (text) found.push({ kind, text })
}
