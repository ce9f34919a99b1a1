import { describe, expect, it } from 'vitest'

import { amrSeconds, isAmr, silentAmr } from '../src/phone/amr'
import { base64 } from '../src/ui/files'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

describe('AMR', () => {
  it.each([1, 7, 60])('%i seconds of silence are read back as that', (seconds) => {
    expect(amrSeconds(silentAmr(seconds))).toBe(seconds)
  })

  it('counts frames of the usual 12.2 kbit/s mode', () => {
    const frames = Uint8Array.from(Array.from({ length: 50 }, () => [0x3c, ...Array<number>(31).fill(0)]).flat())
    expect(amrSeconds(Uint8Array.from([...bytes('#!AMR\n'), ...frames]))).toBe(1)
  })

  it('admits what it cannot read', () => {
    expect(isAmr(bytes('ID3…'))).toBe(false)
    expect(amrSeconds(bytes('ID3…'))).toBeNull()
    expect(amrSeconds(Uint8Array.from([...bytes('#!AMR\n'), 0x4c]))).toBeNull()
  })
})

describe('base64', () => {
  it('survives bytes of every value and files longer than one chunk', () => {
    const file = Uint8Array.from({ length: 70_000 }, (_, at) => at % 256)
    expect(Uint8Array.from(atob(base64(file)), (letter) => letter.charCodeAt(0))).toEqual(file)
  })
})
