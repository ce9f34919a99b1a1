// Before every test file: the words of both languages, Chinese shown.
import { speak } from '../src/i18n'

await speak('en')
await speak('zh')
