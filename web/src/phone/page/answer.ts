// How something that a page asked of the phone can end: with fields of the result, or with nothing wanted.
import type { Params } from '../../jweixin/protocol'

export const CANCEL = Symbol('cancel')
export type ActionAnswer = Params | typeof CANCEL
