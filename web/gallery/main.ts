// Every part on one page, to look at: `npm run dev:mock`, then /_platform/pages/gallery/. It is not built.
import { createApp } from 'vue'

import { provideSession, Session } from '../src/store/session'
import '../src/styles/tokens.css'
import '../src/styles/base.css'
import Gallery from './Gallery.vue'

const asked = new URLSearchParams(location.search)
const theme = asked.get('theme')
if (theme) document.documentElement.dataset['theme'] = theme
const app = createApp(Gallery)
provideSession(app, new Session())
app.mount('#app')
