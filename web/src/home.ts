// Where the pages are at home. The phone opens an account's pages under host names below `gongzhong.localhost`, one for
// each person and account, so that each has cookies of its own; their SameSite cookies need the phone itself to be on the
// same site. Most browsers take every name below `localhost` for this machine; where one does not, or on another machine,
// the pages stay where they are and people share their cookies.

export const HOME = 'gongzhong.localhost'
const LOCAL = new Set(['127.0.0.1', 'localhost', '[::1]'])
const WECHAT = new Set(['mp.weixin.qq.com', 'open.weixin.qq.com'])
const PATIENCE_MS = 3000

/** The same address at `gongzhong.localhost`, or null to stay. */
export async function home(
  here: Pick<Location, 'protocol' | 'hostname' | 'port' | 'pathname' | 'search' | 'hash'>,
  reachable: (url: string) => Promise<boolean> = showsPicture,
): Promise<string | null> {
  if (here.protocol !== 'http:' || !LOCAL.has(here.hostname)) return null
  const there = `http://${HOME}${here.port && `:${here.port}`}`
  return (await reachable(`${there}/favicon.ico`)) ? there + here.pathname + here.search + here.hash : null
}

function showsPicture(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const picture = new Image()
    picture.onload = () => resolve(true)
    picture.onerror = () => resolve(false)
    setTimeout(() => resolve(false), PATIENCE_MS)
    picture.src = url
  })
}

/** A page's address as its developer knows it, without the phone's host name. */
export function plainAddress(address: string): string {
  return address.replace(/^(http:\/\/)[a-z0-9-]+\.gongzhong\.localhost(?=[:/?#]|$)/, '$1127.0.0.1')
}

/** Whether an address is one of WeChat's own pages, which the platform serves beside these, also under WeChat's hosts. */
export function isPlatforms(address: string, here: Pick<Location, 'href' | 'hostname' | 'port'> = location): boolean {
  const { hostname, port } = new URL(plainAddress(address), here.href)
  if (WECHAT.has(hostname)) return true
  return port === here.port && (hostname === here.hostname || (LOCAL.has(hostname) && (LOCAL.has(here.hostname) || here.hostname === HOME)))
}
