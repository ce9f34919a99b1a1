// WeUI styles `body` and every element. Inside the phone that is WeChat's look; around it, it would be ours lost.
// So each of its selectors is moved below `.wx-root`, the class WeUI itself offers as the root of a theme. Of its
// hundreds of components only those that the phone shows are kept: less to load and less to match on every change.
import type { AtRule, Plugin, Rule } from 'postcss'

/** The components of WeUI in use; a test holds this list against the templates. */
export const USED = ['btn', 'cell', 'cells', 'dialog', 'input', 'label', 'mask']

const OWNED_CLASS = /\.weui-([a-z]+(?:-[a-z]+)*)/g

export function scopeSelector(selector: string): string {
  const onRoot = selector.replace(/^(?:html|body|page)(?![\w-])/, '.wx-root')
  return onRoot.startsWith('.wx-root') ? onRoot : `.wx-root ${onRoot}`
}

export function isUsed(selector: string): boolean {
  return !selector.includes('[class') && [...selector.matchAll(OWNED_CLASS)].every(([, name]) => USED.includes(name!))
}

function insideKeyframes(rule: Rule): boolean {
  const parent = rule.parent
  return parent?.type === 'atrule' && (parent as AtRule).name.endsWith('keyframes')
}

export function scopeWeui(): Plugin {
  return {
    postcssPlugin: 'scope-weui',
    Once(root) {
      if (!root.source?.input.file?.includes('weui')) return
      root.walkRules((rule) => {
        if (insideKeyframes(rule)) return
        const kept = rule.selectors.filter(isUsed)
        if (kept.length) rule.selectors = kept.map(scopeSelector)
        else rule.remove()
      })
    },
  }
}
