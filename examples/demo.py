"""The demo account of `make demo`: chat, a menu, a slow answer, a template message, and web pages.

    oa     the handlers
    app    a Starlette application: the callback at /wechat and the pages /me and /js-sdk

Besides the account (GONGZHONG_APPID and so on) it wants to know GONGZHONG_PUBLIC_URL, the address under which a
phone finds its pages; its host must be the 网页授权域名.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import escape

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from gongzhong import (
    Article,
    AsyncClient,
    GongzhongError,
    Image,
    ImageReply,
    Location,
    Message,
    OfficialAccount,
    PermissionDenied,
    Reply,
    Scan,
    Session,
    Subscribe,
    Text,
    TextReply,
    Unsubscribe,
    Voice,
    WebError,
)
from gongzhong.app import User
from gongzhong.catalogue.menus import Button, SubButton
from gongzhong.catalogue.oauth import WebUser
from gongzhong.catalogue.templates import TemplateValue
from gongzhong.errors import say
from gongzhong.messages import (
    LocationSelect,
    ScanCodeWaitMsg,
    UserAuthorizationCancellation,
    UserAuthorizationRevoke,
)
from gongzhong.web import AsyncJsSdk, AsyncOAuth, Browser, nonce_of

log = logging.getLogger("demo")

PUBLIC_URL = os.environ.get("GONGZHONG_PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
HTTPS = PUBLIC_URL.startswith("https://")
HELP = """试试这些：
· 天气 北京：带参数的文字
· 慢：12 秒才有的答案，照样送达
· 客服：一条被动回复，两条客服消息
· 图文：一篇图文
· 记数：会话记得你
· 发一张图片、一段语音、一个位置
· 点菜单：订单通知、扫一扫、发送位置、我的资料"""

oa = OfficialAccount.from_env()


# Chat


@oa.on(Subscribe)
async def welcome(event: Subscribe) -> str:
    came_by = f"（你扫的是“{event.scene}”）" if event.scene else ""
    return f"欢迎关注！{came_by}\n\n{HELP}"


@oa.on(Unsubscribe, UserAuthorizationRevoke, UserAuthorizationCancellation)
async def forget(event: Unsubscribe | UserAuthorizationRevoke | UserAuthorizationCancellation) -> None:
    """开发者规范：取消关注、撤回授权或注销的人，不再留下任何数据。 The norms: nothing of them is kept."""
    await oa.sessions.forget(event.openid)
    for nonce in [nonce for nonce, visitor in visitors.items() if visitor.openid == event.openid]:
        del visitors[nonce]


@oa.scan()
async def scanned(event: Scan) -> str:
    return f"你扫了二维码“{event.scene}”。"


@oa.text("帮助|help|[?？]")
@oa.click("HELP")
async def help_() -> str:
    return HELP


@oa.text(r"天气\s*(?P<city>.+)")
async def weather(city: str) -> str:
    skies = ("晴", "多云", "小雨", "阴")
    seed = sum(map(ord, city))
    return f"{city}：{skies[seed % len(skies)]}，{seed % 20 + 10}°C（演示数据）"


@oa.text("慢")
async def slow() -> str:
    await asyncio.sleep(12)
    return "12 秒过去了，答案在这里：微信只等 5 秒，你不用管。"


@oa.text("客服")
async def several() -> AsyncIterator[str]:
    yield "这一条是被动回复。"
    yield "这一条是客服消息。"
    await asyncio.sleep(2)
    yield "两秒之后，再来一条。"


@oa.text("图文")
async def news() -> list[Article]:
    return [
        Article(
            title="演示公众号的网页",
            description="网页授权：看看公众号知道你的什么",
            url=f"{PUBLIC_URL}/me",
        )
    ]


@oa.text("记数")
def count(session: Session) -> str:
    session["count"] = session.get("count", 0) + 1
    return f"这是你第 {session['count']} 次说“记数”。"


@oa.on(Image)
async def picture(message: Image) -> Reply:
    return ImageReply(media_id=message.media_id)


@oa.on(Voice)
async def voice(message: Voice) -> str:
    return f"听到了：{message.recognition}" if message.recognition else "听到了你的语音。"


@oa.on(Location)
async def place(message: Location) -> str:
    return f"你在 {message.label}（{message.location_x}, {message.location_y}）"


@oa.on(Text)
async def echo(message: Text) -> Reply:
    return TextReply(content=f"你说：{message.content}")


@oa.on(Message)
async def anything(message: Message) -> str:
    return f"收到{message.title_zh}。"


# Menu


@oa.on(ScanCodeWaitMsg)
async def scan_result(event: ScanCodeWaitMsg) -> str:
    return f"扫描结果：{event.scan_code_info.scan_result}"


@oa.on(LocationSelect)
async def chosen_place(event: LocationSelect) -> str:
    return f"你选的位置：{event.send_location_info.label or '没有名字的地方'}"


@oa.click("ORDER")
async def order(user: User, api: AsyncClient) -> str:
    await api.template.send(
        touser=user,
        template_id=await order_template(api),
        url=f"{PUBLIC_URL}/me",
        data={
            "character_string1": TemplateValue(value="DEMO-0001"),
            "thing2": TemplateValue(value="一杯咖啡"),
            "phrase4": TemplateValue(value="已下单"),
        },
    )
    return "下单成功，通知已经发出。"


ORDER_TITLE, ORDER_SHORT_ID, ORDER_KEYWORDS = "订单状态通知", "43216", ["订单编号", "商品名称", "订单状态"]


async def order_template(api: AsyncClient) -> str:
    """The id of our template, taken from the library when the account has not got it yet."""
    for template in (await api.template.list()).template_list:
        if template.title == ORDER_TITLE:
            return template.template_id
    added = await api.template.add(template_id_short=ORDER_SHORT_ID, keyword_name_list=ORDER_KEYWORDS)
    return added.template_id


BUTTONS = [
    Button(
        name="网页",
        sub_button=[
            SubButton.view("我的资料", f"{PUBLIC_URL}/me"),
            SubButton.view("JS-SDK", f"{PUBLIC_URL}/js-sdk"),
        ],
    ),
    Button(
        name="工具",
        sub_button=[
            SubButton(name="扫一扫", type="scancode_waitmsg", key="SCAN"),
            SubButton(name="发送位置", type="location_select", key="PLACE"),
            SubButton.click("订单通知", "ORDER"),
        ],
    ),
    Button.click("帮助", "HELP"),
]
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0


async def create_menu() -> None:
    """Create the menu as soon as the API answers; chatting works meanwhile."""
    pause_s = FIRST_PAUSE_S
    while True:
        try:
            await oa.api.menu.create(button=BUTTONS)
        except PermissionDenied as problem:
            log.warning(say("这个账号不能创建菜单：%s", "this account may not have a menu: %s"), problem)
            return
        except GongzhongError as problem:
            text = say("菜单还没有创建，%g 秒后再试：%s", "no menu yet, trying again in %g s: %s")
            log.warning(text, pause_s, problem)
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
        else:
            log.info(say("菜单已创建", "the menu is there"))
            return


# Pages

PAGE = """<!doctype html><html lang="zh-CN"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>
<style>body{{font:16px/1.6 system-ui,sans-serif;margin:0;padding:32px 20px;background:#ededed;color:#191919}}
main{{background:#fff;border-radius:12px;padding:24px;max-width:420px;margin:auto;text-align:center}}
img{{width:96px;height:96px;border-radius:12px}}small,code{{color:#888;word-break:break-all}}
button,.button{{display:inline-block;margin:8px;padding:8px 24px;border:0;border-radius:8px;background:#07c160;
color:#fff;font:inherit;text-decoration:none}}</style><main>{body}</main></html>"""

MOST_VISITORS = 1000
visitors: OrderedDict[str, WebUser] = OrderedDict()
"""Who is behind each browser: in memory, and only for this demo."""


def page(title: str, body: str, status: int = 200) -> HTMLResponse:
    return HTMLResponse(PAGE.format(title=escape(title), body=body), status)


async def me(request: Request) -> Response:
    browser = Browser.of(request.headers.get("cookie"), secure=HTTPS)
    visitor = visitors.get(browser.nonce)
    if visitor is not None:
        portrait = f'<img src="{escape(visitor.headimgurl)}" alt="">' if visitor.headimgurl else ""
        name, openid = escape(visitor.nickname), escape(visitor.openid)
        seen = say("公众号看到的你", "what the account sees of you")
        return page(
            "我的资料",
            f"{portrait}<h1 id='nickname'>{name}</h1><p>{seen}</p><code id='openid'>{openid}</code>",
        )
    oauth: AsyncOAuth = request.app.state.oauth
    url = oauth.authorize_url(
        f"{PUBLIC_URL}/signed-in", browser_nonce=browser.nonce, scope="snsapi_userinfo", return_path="/me"
    )
    return RedirectResponse(url, headers={"set-cookie": browser.set_cookie} if browser.set_cookie else {})


async def signed_in(request: Request) -> Response:
    nonce = nonce_of(request.headers.get("cookie"), secure=HTTPS)
    oauth: AsyncOAuth = request.app.state.oauth
    try:
        user = await oauth.callback(request.query_params, nonce)
        # Shown to its owner alone and never stored, so it is no declared field: norms: allow purpose
        visitors[nonce] = await oauth.profile(user.token)
    except GongzhongError as problem:
        again = f'<p><a class="button" href="/me">{say("再试一次", "try again")}</a></p>'
        status = 400 if isinstance(problem, WebError) else 502
        return page(say("没有登录", "not signed in"), f"<p>{escape(problem.text())}</p>{again}", status)
    if len(visitors) > MOST_VISITORS:
        visitors.popitem(last=False)
    return RedirectResponse(user.return_path)


async def js_sdk(request: Request) -> Response:
    query = f"?{request.url.query}" if request.url.query else ""
    apis = ["scanQRCode", "getLocation", "chooseImage", "uploadImage", "updateAppMessageShareData"]
    try:
        config = await AsyncJsSdk(oa.api, clock=oa.clock).config(
            f"{PUBLIC_URL}{request.url.path}{query}", apis
        )
    except GongzhongError as problem:
        return page("JS-SDK", f"<p>{escape(problem.text())}</p>", 502)
    settings = json.dumps(config).replace("<", "\\u003c")
    script = f"{oa.account.hosts.res}/open/js/jweixin-1.6.0.js"
    return page(
        "JS-SDK",
        f"""<h1>JS-SDK</h1><p id="state">{say("正在签名校验", "checking the signature")} …</p>
<button onclick="wx.scanQRCode({{needResult:1,success:show}})">扫一扫</button>
<button onclick="wx.getLocation({{success:show}})">位置</button>
<button onclick="wx.chooseImage({{count:1,success:upload}})">照片</button><br>
<img id="chosen" alt="" hidden><pre id="result" style="white-space:pre-wrap;word-break:break-all"></pre>
<script src="{escape(script)}"></script><script>
const state = document.getElementById("state");
function show(result) {{ document.getElementById("result").textContent = JSON.stringify(result, null, 1); }}
function upload({{localIds: [localId]}}) {{
  const chosen = document.getElementById("chosen");
  chosen.src = localId;
  chosen.hidden = false;
  wx.uploadImage({{localId, success: show, fail: show}});
}}
wx.config({settings});
wx.ready(() => {{
  state.textContent = "{say("可以使用", "ready")}";
  wx.updateAppMessageShareData({{title: "演示公众号的网页", desc: "JS-SDK 演示", link: location.href, imgUrl: ""}});
}});
wx.error((problem) => {{ state.textContent = problem.errMsg; }});</script>""",
    )


async def home(request: Request) -> Response:
    links = '<a class="button" href="/me">我的资料</a><a class="button" href="/js-sdk">JS-SDK</a>'
    what = say("gongzhong 的演示账号", "the demo account of gongzhong")
    return page("演示公众号", f"<h1>演示公众号</h1><p>{what}</p>{links}")


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    app.state.oauth = AsyncOAuth(oa.account, oa.api, clock=oa.clock)
    menu = asyncio.create_task(create_menu())
    async with oa.lifespan():
        yield
        menu.cancel()


app = Starlette(
    routes=[
        Route("/", home),
        Route("/wechat", oa.asgi),
        Route("/me", me),
        Route("/signed-in", signed_in),
        Route("/js-sdk", js_sdk),
    ],
    lifespan=lifespan,
)
