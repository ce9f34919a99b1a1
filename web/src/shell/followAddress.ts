// The chosen account and person stand in the address, so that a link shows to others what one sees oneself.
import { watch } from 'vue'

import type { Session } from '../store/session'
import { address } from './address'

/** Keep the session and the address in step until the returned function is called. */
export function followAddress(session: Session): () => void {
  const [account, person] = [address.param('account'), address.param('person')]
  if (account.value) session.appid.value = account.value
  if (person.value) session.personName.value = person.value

  const stopReading = watch([account, person], ([appid, name]) => {
    if (appid && appid !== session.appid.value) void session.chooseAccount(appid)
    if (name && name !== session.personName.value) void session.choosePerson(name)
  })
  const stopWriting = watch(
    [session.appid, session.personName],
    ([appid, name]) => address.change({ account: appid, person: name }, account.value !== '' && person.value !== ''),
    { immediate: true },
  )
  return () => {
    stopReading()
    stopWriting()
  }
}
