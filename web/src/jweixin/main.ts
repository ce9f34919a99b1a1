// The script that pages load as /open/js/jweixin-….js: one classic bundle, made by `jweixin.ts` beside Vite's config.
import { install, type Page } from './install'

const script = document.currentScript
install(window as Page, script instanceof HTMLScriptElement ? script.src : '')
