// Which component shows which kind of chat line, and whether it takes the whole width (as cards of an account do).
import type { Component } from 'vue'

import type { ChatItem } from '../../api/types'
import CardTicket from './CardTicket.vue'
import LinkCard from './LinkCard.vue'
import LocationCard from './LocationCard.vue'
import MiniProgramCard from './MiniProgramCard.vue'
import MsgMenu from './MsgMenu.vue'
import MusicCard from './MusicCard.vue'
import NewsCard from './NewsCard.vue'
import Picture from './Picture.vue'
import SharedPage from './SharedPage.vue'
import SystemLine from './SystemLine.vue'
import TemplateCard from './TemplateCard.vue'
import TextBubble from './TextBubble.vue'
import Video from './Video.vue'
import Voice from './Voice.vue'

export interface Content {
  view: Component
  wide: boolean
}

const narrow = (view: Component): Content => ({ view, wide: false })
const wide = (view: Component): Content => ({ view, wide: true })

const CONTENTS: Record<ChatItem['type'], Content> = {
  text: narrow(TextBubble),
  image: narrow(Picture),
  voice: narrow(Voice),
  video: narrow(Video),
  shortvideo: narrow(Video),
  location: narrow(LocationCard),
  link: narrow(LinkCard),
  music: narrow(MusicCard),
  msgmenu: narrow(MsgMenu),
  miniprogrampage: narrow(MiniProgramCard),
  wxcard: narrow(CardTicket),
  news: wide(NewsCard),
  template: wide(TemplateCard),
  event: wide(SystemLine),
  failure: wide(SystemLine),
}

/** A kind this page does not know yet is shown as a grey line rather than not at all. */
export function contentFor(item: ChatItem): Content {
  if (item.side === 'system') return item.type === 'link' ? wide(SharedPage) : CONTENTS.event
  return CONTENTS[item.type] ?? CONTENTS.event
}
