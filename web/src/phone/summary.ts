// One line for the list of chats, as WeChat writes it there: [图片], [语音] …
import type { ChatItem } from '../api/types'
import { t } from '../i18n'
import { segments } from './text'

export function summary(item: ChatItem): string {
  switch (item.type) {
    case 'text':
      return segments(item.content)
        .map((segment) => segment.text)
        .join('')
        .replace(/\s+/g, ' ')
    case 'event':
    case 'failure':
      return item.content
    case 'news':
      return `[${t('item.news')}] ${item.articles[0]?.title ?? ''}`
    case 'template':
      return item.title
    case 'msgmenu':
      return item.head
    case 'location':
      return `[${t('item.location')}] ${item.label}`
    case 'link':
    case 'music':
    case 'miniprogrampage':
      return `[${t(`item.${item.type}`)}] ${item.title}`
    default:
      return `[${t(`item.${item.type}`)}]`
  }
}
