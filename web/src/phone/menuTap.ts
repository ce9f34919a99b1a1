// Tapping a menu button may need something from the person first: a scanned code, pictures, a place.
import type { MenuButton, Tap } from '../api/types'
import { asUpload, chooseFiles } from '../ui/files'
import type { PhoneState } from './phoneState'

const MAX_PICTURES = 9

/** What is sent for a tap, or null when the person changed their mind. */
export async function prepareTap(button: MenuButton, path: number[], phone: PhoneState): Promise<Tap | null> {
  switch (button.type) {
    case 'scancode_push':
    case 'scancode_waitmsg': {
      const text = await phone.ask('scan')
      return text === null ? null : { path, scan_result: text }
    }
    case 'pic_sysphoto': {
      const photo = await phone.ask('camera')
      return photo && { path, files: [photo.file] }
    }
    case 'pic_photo_or_album':
    case 'pic_weixin': {
      const chosen = (await chooseFiles('image/*', true)).slice(0, MAX_PICTURES)
      const uploads = await Promise.all(chosen.map((file) => asUpload(file, file.name)))
      return uploads.length ? { path, files: uploads.map((upload) => upload.file) } : null
    }
    case 'location_select': {
      const place = await phone.ask('location')
      return place && { path, ...place }
    }
    default:
      return { path }
  }
}
