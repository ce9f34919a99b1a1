// The pages move to `gongzhong.localhost` where the browser knows that name: below it each phone has cookies of its own.
// The pages themselves are loaded only where they stay.
import { home } from './home'

const elsewhere = await home(location)
if (elsewhere) location.replace(elsewhere)
else await import('./start')
