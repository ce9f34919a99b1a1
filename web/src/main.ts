// The pages move to `gongzhong.localhost` where the browser knows that name: below it each phone has cookies of its own.
import { createApp } from 'vue'

import App from './App.vue'
import { home } from './home'
import { provideSession, Session } from './store/session'
import './styles/tokens.css'
import './styles/base.css'

const elsewhere = await home(location)
if (elsewhere) location.replace(elsewhere)
else {
  const app = createApp(App)
  provideSession(app, new Session())
  app.mount('#app')
}
