// What a page's script and the phone around it say to each other, by `postMessage`. Files travel as blobs.

export type Params = Record<string, unknown>

/** `errMsg` is `<api>:ok`, `<api>:cancel` or anything else for a failure. */
export interface Result {
  errMsg: string
  [name: string]: unknown
}

export type ToPhone =
  | { gongzhong: 'hello'; id: string; page: string }
  | { gongzhong: 'jssdk'; id: string; api: string; params: Params }
  | { gongzhong: 'debug'; text: string }
  | { gongzhong: 'title'; title: string; url: string }

export type FromPhone =
  | { gongzhong: 'hello'; id: string }
  | { gongzhong: 'jssdk-result'; id: string; result: Result }
  | { gongzhong: 'jssdk-event'; event: string; result: Result }

/** How a call ended, by its `errMsg`. */
export function outcome(result: Result): 'success' | 'cancel' | 'fail' {
  const said = result.errMsg.slice(result.errMsg.indexOf(':') + 1)
  if (said === 'ok') return 'success'
  return said === 'cancel' ? 'cancel' : 'fail'
}
