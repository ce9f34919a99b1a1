"""The few pages that WeChat itself shows, as HTML without scripts."""

from __future__ import annotations

from html import escape
from string import Template

from ..world.people import Person
from ..world.world import AccountState

_FRAME = Template("""<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title><style>
body{margin:0;font:16px/1.6 system-ui,-apple-system,"PingFang SC","Noto Sans CJK SC",sans-serif;
background:#ededed;color:#191919;display:flex;flex-direction:column;min-height:100vh}
main{flex:1;padding:48px 32px 24px;background:#fff;text-align:center}
h1{font-size:20px;font-weight:500;margin:16px 0 8px}p{margin:0 0 8px;color:#555}
small{display:block;color:#888;margin-top:24px}img,.avatar{width:64px;height:64px;border-radius:8px;object-fit:cover}
.avatar{display:inline-flex;align-items:center;justify-content:center;background:#07c160;color:#fff;font-size:28px}
form{display:flex;flex-direction:column;gap:12px;max-width:260px;margin:40px auto 0}
button{font:inherit;font-weight:500;border:0;border-radius:8px;padding:10px;cursor:pointer;background:#f2f2f2;color:#06ae56}
button.allow{background:#07c160;color:#fff}
dl{display:flex;align-items:center;gap:12px;box-sizing:border-box;max-width:260px;margin:28px auto 0;padding:12px 14px;
border-radius:8px;background:#f7f7f7;text-align:left}
dl img,dl .avatar{display:flex;width:40px;height:40px;border-radius:6px;font-size:18px}
dd{margin:0;min-width:0;overflow-wrap:anywhere}
button{min-height:44px}button:focus-visible{outline:2px solid #07c160;outline-offset:2px}
</style></head><body><main>$body</main></body></html>
""")


def _page(title: str, body: str) -> bytes:
    return _FRAME.substitute(title=escape(title), body=body).encode()


def _avatar(url: str, name: str) -> str:
    if url:
        return f'<img src="{escape(url)}" alt="">'
    return f'<span class="avatar" aria-hidden="true">{escape(name[:1])}</span>'


def consent_page(account: AccountState, person: Person, action: str, query_string: str) -> bytes:
    """The question of snsapi_userinfo: may the account have the person's nickname and avatar?"""
    hidden = f"{action}?{query_string}"
    body = (
        f"{_avatar(account.headimgurl, account.name)}<h1>{escape(account.name)}</h1>"
        "<p>申请获取并使用你的微信昵称、头像</p><p lang='en'>asks for your nickname and avatar</p>"
        f"<dl><dt>{_avatar(person.headimgurl, person.nickname)}</dt><dd>{escape(person.nickname)}</dd></dl>"
        f'<form method="post" action="{escape(hidden)}">'
        '<button class="allow" name="decision" value="allow" data-testid="oauth-allow">允许 Allow</button>'
        '<button name="decision" value="deny" data-testid="oauth-deny">拒绝 Deny</button></form>'
    )
    return _page("微信授权", body)


def confirm_page(account: AccountState, action: str, query_string: str) -> bytes:
    """The question of a one-time subscribe message: may the account send one message?"""
    body = (
        f"{_avatar(account.headimgurl, account.name)}<h1>{escape(account.name)}</h1>"
        "<p>申请向你发送一条消息</p><p lang='en'>asks to send you one message</p>"
        f'<form method="post" action="{escape(f"{action}?{query_string}")}">'
        '<button class="allow" name="decision" value="allow" data-testid="one-time-confirm">确定 Confirm</button>'
        '<button name="decision" value="deny" data-testid="one-time-cancel">取消 Cancel</button></form>'
    )
    return _page("一次性订阅消息", body)


def error_page(number: int, zh: str, en: str) -> bytes:
    """A page error of the authorise page."""
    shown = f"<p>错误码 {number}</p>" if number > 1 else ""
    return _page("无法打开", f"<h1>{escape(zh)}</h1><p lang='en'>{escape(en)}</p>{shown}")
