// WeUI styles `body` and every element. Inside the phone that is WeChat's look; around it, it would be ours lost.
// So each of its selectors is moved below `.wx-root`, the class WeUI itself offers as the root of a theme.
import type { AtRule, Plugin, Rule } from 'postcss'

export function scopeSelector(selector: string): string {
  const onRoot = selector.replace(/^(?:html|body|page)(?![\w-])/, '.wx-root')
  return onRoot.startsWith('.wx-root') ? onRoot : `.wx-root ${onRoot}`
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
        if (!insideKeyframes(rule)) rule.selectors = rule.selectors.map(scopeSelector)
      })
    },
  }
}
