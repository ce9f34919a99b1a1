// Random letters and digits for Tokens and keys, from the browser's secure source and without bias.

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const EVEN = 256 - (256 % LETTERS.length)

export function randomText(length: number): string {
  let text = ''
  while (text.length < length) {
    const bytes = crypto.getRandomValues(new Uint8Array(length))
    for (const byte of bytes) if (byte < EVEN && text.length < length) text += LETTERS[byte % LETTERS.length]
  }
  return text
}
