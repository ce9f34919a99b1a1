// A program in another language with WeChat's addresses built in, from first to last: token, menu, a push that comes in,
// its passive reply, a customer-service message. Only modules that come with Node; the proxy is spoken to by hand because
// Node's own fetch does not know HTTPS_PROXY. Prints one JSON object with what it saw.
//
//   HTTPS_PROXY, NODE_EXTRA_CA_CERTS, APPID, SECRET, TOKEN, CONTROL (address of the platform's control API)
import { createHash } from 'node:crypto'
import { createServer, request as plainRequest } from 'node:http'
import { request as secureRequest } from 'node:https'
import { connect as secure } from 'node:tls'

const { HTTPS_PROXY, APPID, SECRET, TOKEN, CONTROL } = process.env
const seen = {}

function body(message) {
  return new Promise((resolve, reject) => {
    const parts = []
    message.on('data', (part) => parts.push(part))
    message.on('end', () => resolve(Buffer.concat(parts).toString('utf8')))
    message.on('error', reject)
  })
}

/** A TLS connection to a host, made by the proxy. */
function through(host) {
  const proxy = new URL(HTTPS_PROXY)
  return new Promise((resolve, reject) => {
    const asking = plainRequest({ host: proxy.hostname, port: proxy.port, method: 'CONNECT', path: `${host}:443` })
    asking.on('connect', async (answer, socket) => {
      if (answer.statusCode !== 200) return reject(new Error(`CONNECT ${host}: ${answer.statusCode}`))
      const secured = secure({ socket, servername: host }, () => resolve(secured))
      secured.on('error', reject)
    })
    asking.on('error', reject)
    asking.end()
  })
}

async function wechat(method, url, content) {
  const address = new URL(url)
  const socket = await through(address.hostname)
  return new Promise((resolve, reject) => {
    const asking = secureRequest(
      { method, host: address.hostname, path: address.pathname + address.search, createConnection: () => socket },
      async (answer) => resolve(JSON.parse(await body(answer))),
    )
    asking.on('error', reject)
    asking.end(content === undefined ? undefined : JSON.stringify(content))
  })
}

function control(path, content) {
  const address = new URL(path, CONTROL)
  return new Promise((resolve, reject) => {
    const asking = plainRequest(
      address,
      { method: 'POST', headers: { 'content-type': 'application/json' } },
      async (answer) => resolve(JSON.parse(await body(answer))),
    )
    asking.on('error', reject)
    asking.end(JSON.stringify(content))
  })
}

function signed(query) {
  const words = [TOKEN, query.get('timestamp'), query.get('nonce')].sort().join('')
  return createHash('sha1').update(words).digest('hex') === query.get('signature')
}

function element(xml, name) {
  return new RegExp(`<${name}>(?:<!\\[CDATA\\[)?(.*?)(?:\\]\\]>)?</${name}>`, 's').exec(xml)?.[1]
}

function reply(xml, text) {
  return (
    `<xml><ToUserName><![CDATA[${element(xml, 'FromUserName')}]]></ToUserName>` +
    `<FromUserName><![CDATA[${element(xml, 'ToUserName')}]]></FromUserName>` +
    `<CreateTime>${Math.floor(Date.now() / 1000)}</CreateTime><MsgType><![CDATA[text]]></MsgType>` +
    `<Content><![CDATA[${text}]]></Content></xml>`
  )
}

const server = createServer(async (message, answer) => {
  const query = new URL(message.url, 'http://here').searchParams
  if (!signed(query)) return answer.writeHead(403).end()
  if (message.method === 'GET') return answer.end(query.get('echostr'))
  const xml = await body(message)
  seen.push = { type: element(xml, 'MsgType'), content: element(xml, 'Content') }
  seen.openid = element(xml, 'FromUserName')
  return answer.end(reply(xml, `读到：${seen.push.content}`))
})
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))

const api = 'https://api.weixin.qq.com/cgi-bin'
const { access_token: token } = await wechat('GET', `${api}/token?grant_type=client_credential&appid=${APPID}&secret=${SECRET}`)
seen.token = token.length > 100
const button = [{ type: 'click', name: '今日歌曲', key: 'V1001' }]
seen.menu = await wechat('POST', `${api}/menu/create?access_token=${token}`, { button })
const url = `http://127.0.0.1:${server.address().port}/wx`
seen.saved = (await control(`/_platform/accounts/${APPID}/url`, { url, token: TOKEN, encryption: 'plain' })).ok
const talk = await control('/_platform/people/alice/say?wait=1', { appid: APPID, content: '你好 😀' })
seen.passive = talk.items.at(-1).content
seen.customer = await wechat('POST', `${api}/message/custom/send?access_token=${token}`, {
  touser: seen.openid,
  msgtype: 'text',
  text: { content: '还有一条' },
})
server.close()
process.stdout.write(JSON.stringify(seen))
