// `wx` as pages know it: config, ready, error and one function per JS API. Whether something is allowed, and what
// happens then, is the phone's business; this script carries calls there and answers back to the callbacks.
import { atLeast, isListener, JS_APIS, SINCE } from './apis'
import { Bridge } from './bridge'
import { LocalFiles } from './localFiles'
import { outcome, type Params, type Result } from './protocol'

type Callback = (result: Result) => void

export interface Options extends Params {
  success?: Callback
  fail?: Callback
  cancel?: Callback
  complete?: Callback
  trigger?: Callback
}

export interface ConfigResult extends Result {
  openTags?: string[]
  reason?: { zh: string; en: string }
}

const CALLBACKS = new Set(['success', 'fail', 'cancel', 'complete', 'trigger'])

export class Sdk {
  /** What `wx.config` came to, once it has. */
  configured: ConfigResult | null = null
  /** Told when `wx.config` has its answer. */
  settled: (result: ConfigResult, asked: Params) => void = () => undefined
  private debug = false
  private readonly whenReady: (() => void)[] = []
  private whenFailed: Callback = () => undefined
  private readonly listeners = new Map<string, Options>()
  private readonly files = new LocalFiles()
  readonly bridge: Bridge

  constructor(private readonly page: Window & typeof globalThis) {
    this.bridge = new Bridge(page, (event, result) => void this.happened(event, result))
  }

  /** The object that pages call `wx`. */
  face(version: string): Record<string, unknown> {
    const functions = JS_APIS.filter((api) => atLeast(version, SINCE[api] ?? '0.0.0')).map((api) => [
      api,
      (options?: Options) => void this.invoke(api, options ?? {}),
    ])
    return {
      ...(Object.fromEntries(functions) as Record<string, unknown>),
      config: (params?: Params) => void this.config(params ?? {}),
      ready: (callback: () => void) => this.ready(callback),
      error: (callback: Callback) => this.error(callback),
      miniProgram: { getEnv: (callback: (env: object) => void) => callback({ miniprogram: false }) },
    }
  }

  /** Ask the phone; the answer as the page sees it. */
  async ask(api: string, params: Params): Promise<Result> {
    const sent = this.files.outgoing(api, params)
    return this.files.incoming(api, sent, await this.bridge.call(api, sent))
  }

  private async config(params: Params): Promise<void> {
    this.debug = params['debug'] === true
    const { debug: _, ...asked } = params
    const result = (await this.bridge.call('config', { ...asked, url: this.page.location.href })) as ConfigResult
    this.configured = result
    const { errMsg, reason } = result
    this.report({ errMsg })
    if (reason) this.page.console.warn(`[wx.config] ${errMsg}\n${reason.zh}\n${reason.en}`)
    this.settled(result, asked)
    if (outcome(result) === 'success') for (const callback of this.whenReady.splice(0)) callback()
    else this.whenFailed({ errMsg })
  }

  private ready(callback: () => void): void {
    if (this.configured && outcome(this.configured) === 'success') callback()
    else this.whenReady.push(callback)
  }

  private error(callback: Callback): void {
    this.whenFailed = callback
    if (this.configured && outcome(this.configured) !== 'success') callback({ errMsg: this.configured.errMsg })
  }

  private async invoke(api: string, options: Options): Promise<void> {
    const params = Object.fromEntries(Object.entries(options).filter(([name]) => !CALLBACKS.has(name)))
    if (isListener(api)) this.listeners.set(api, options)
    const result = await this.ask(api, params)
    // Registering is told to nobody, unless it failed.
    if (!isListener(api) || outcome(result) !== 'success') this.finish(options, result)
  }

  private async happened(event: string, sent: Result): Promise<void> {
    const options = this.listeners.get(event)
    const result = await this.files.incoming(event, {}, sent)
    if (result['triggered']) options?.trigger?.({ errMsg: result.errMsg })
    else if (options) this.finish(options, result)
  }

  private finish(options: Options, result: Result): void {
    this.report(result)
    options[outcome(result)]?.(result)
    options.complete?.(result)
  }

  /** With `debug` every answer is shown; the phone does it, because framed pages may not open dialogs. */
  private report(result: Result): void {
    if (this.debug) this.bridge.tell({ gongzhong: 'debug', text: JSON.stringify(result) })
  }
}
