import { createApp } from 'vue'

import App from './App.vue'
import { language, speak } from './i18n'
import { provideSession, Session } from './store/session'
import './styles/tokens.css'
import './styles/base.css'

await speak(language.value)
const app = createApp(App)
provideSession(app, new Session())
app.mount('#app')
