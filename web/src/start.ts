import { createApp } from 'vue'

import App from './App.vue'
import { provideSession, Session } from './store/session'
import './styles/tokens.css'
import './styles/base.css'

const app = createApp(App)
provideSession(app, new Session())
app.mount('#app')
