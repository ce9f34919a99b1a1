import { beforeEach, describe, expect, it } from 'vitest'

import { prepareTap } from '../src/phone/menuTap'
import { PhoneState } from '../src/phone/phoneState'
import { Session } from '../src/store/session'
import { PlatformStub } from './platformStub'

let phone: PhoneState

beforeEach(() => {
  phone = new PhoneState(new Session(new PlatformStub().api))
})

describe('tapping a menu button', () => {
  it('needs nothing for click and view', async () => {
    expect(await prepareTap({ name: 'x', type: 'click', key: 'K' }, [0], phone)).toEqual({ path: [0] })
  })

  it('asks for a scan, and sends what was read', async () => {
    const tap = prepareTap({ name: 'x', type: 'scancode_waitmsg' }, [1, 0], phone)
    expect(phone.question.value?.sheet).toBe('scan')
    phone.question.value?.answer('A108')
    expect(await tap).toEqual({ path: [1, 0], scan_result: 'A108' })
    expect(phone.question.value).toBeNull()
  })

  it('asks for a place', async () => {
    const tap = prepareTap({ name: 'x', type: 'location_select' }, [2], phone)
    phone.question.value?.answer({ latitude: 1, longitude: 2, label: '家' })
    expect(await tap).toEqual({ path: [2], latitude: 1, longitude: 2, label: '家' })
  })

  it('does nothing when the sheet is closed or another one takes its place', async () => {
    const first = prepareTap({ name: 'x', type: 'location_select' }, [2], phone)
    const second = prepareTap({ name: 'y', type: 'scancode_push' }, [1], phone)
    expect(await first).toBeNull()
    phone.home()
    expect(await second).toBeNull()
  })
})
